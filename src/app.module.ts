import { Module } from '@nestjs/common';
import { DATABASE_SCHEMA } from './database-schema.js';
import { DeploymentModule } from './deployment/deployment.module.js';
import { EvaluationModule } from './evaluation/evaluation.module.js';
import { ExportModule } from './export/export.module.js';
import { FeaturesModule } from './features/features.module.js';
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { PipelineModule } from './pipeline/pipeline.module.js';
import { SchedulesModule } from './pipeline/schedules/schedules.module.js';
import { ConfigModule } from './platform/config/config.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { LoggingModule } from './platform/logging/logging.module.js';
import { QueueModule } from './platform/queue/queue.module.js';
import { SecurityModule } from './platform/security/security.module.js';
import { PlatformModule } from './platform/platform.module.js';
import { RegistryModule } from './registry/registry.module.js';
import { TrainingModule } from './training/training.module.js';

/**
 * Table of contents: the platform, the stages in data order, and the pipeline that joins them. What answers HTTP is
 * added by http.module.ts.
 */
@Module({
  imports: [
    ConfigModule,
    DatabaseModule.register(DATABASE_SCHEMA),
    PlatformModule,
    LoggingModule,
    QueueModule,
    SecurityModule,
    ExportModule,
    FeaturesModule,
    TrainingModule,
    EvaluationModule,
    RegistryModule,
    DeploymentModule,
    MonitoringModule,
    PipelineModule,
    SchedulesModule,
  ],
})
export class AppModule {}
