import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ExportModule } from '../export/export.module.js';
import { RegistryModule } from '../registry/registry.module.js';
import { TrainingModule } from '../training/training.module.js';
import { ModelAliasesController } from './model-aliases.controller.js';
import { InferenceController } from './inference.controller.js';
import { InferenceService } from './inference.service.js';
import { ModelDeploymentsController } from './model-deployments.controller.js';
import { ModelFilesController } from './model-files.controller.js';
import { ModelRecordsController } from './model-records.controller.js';
import { ModelsController } from './models.controller.js';
import { PipelineModule } from './pipeline.module.js';
import { QueueController } from './queue.controller.js';
import { RetentionRunnerService } from './retention-runner.service.js';
import { RunEventStream } from './run-event-stream.js';
import { TrainingController } from './training.controller.js';
import { TrainingRequestsService } from './training-requests.service.js';
import { WorkSources } from './work-sources.js';
import { AnswerCache } from './answer-cache.js';

/** The routes of the flow; a command of the CLI does without them and what they load. */
@Module({
  imports: [
    ExportModule,
    TrainingModule,
    RegistryModule,
    PipelineModule,
    TerminusModule.forRoot({ logger: false }),
  ],
  // `models/aliases` before `models/:version`.
  controllers: [
    QueueController,
    TrainingController,
    ModelAliasesController,
    ModelsController,
    ModelDeploymentsController,
    ModelFilesController,
    ModelRecordsController,
    InferenceController,
  ],
  providers: [
    AnswerCache,
    RetentionRunnerService,
    RunEventStream,
    TrainingRequestsService,
    WorkSources,
    InferenceService,
  ],
})
export class PipelineHttpModule {}
