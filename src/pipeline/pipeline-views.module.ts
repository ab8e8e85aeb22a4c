import { Module } from '@nestjs/common';
import { ExportModule } from '../export/export.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { RegistryModule } from '../registry/registry.module.js';
import { AnswerCache } from './answer-cache.js';
import { ExportVolumeController } from './export-volume.controller.js';
import { ModelReportController } from './model-report.controller.js';

/** Routes that only show: what the dashboard draws, and any other client may. */
@Module({
  imports: [ExportModule, FeaturesModule, RegistryModule],
  controllers: [ExportVolumeController, ModelReportController],
  providers: [AnswerCache],
})
export class PipelineViewsModule {}
