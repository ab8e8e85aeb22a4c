import { Module } from '@nestjs/common';
import { AppModule } from './app.module.js';
import { ExportHttpModule } from './export/export-http.module.js';
import { PipelineHttpModule } from './pipeline/pipeline-http.module.js';
import { PipelineViewsModule } from './pipeline/pipeline-views.module.js';
import { SchedulesHttpModule } from './pipeline/schedules/schedules-http.module.js';
import { HealthModule } from './platform/health/health.module.js';
import { IdempotencyModule } from './platform/http/idempotency/idempotency.module.js';
import { AuditHttpModule } from './platform/security/audit-http.module.js';
import { MetricsModule } from './platform/metrics/metrics.module.js';
import { ApiKeysHttpModule } from './platform/security/api-keys-http.module.js';
import { SettingsModule } from './platform/settings/settings.module.js';

/**
 * The service with its routes. Apart from {@link AppModule}, because the web server and the OpenAPI decorators take
 * 0.4 s and 30 MB to load, which no command should pay.
 */
@Module({
  imports: [
    AppModule,
    HealthModule,
    IdempotencyModule,
    MetricsModule,
    AuditHttpModule,
    SettingsModule,
    ApiKeysHttpModule,
    ExportHttpModule,
    PipelineHttpModule,
    PipelineViewsModule,
    SchedulesHttpModule,
  ],
})
export class HttpModule {}
