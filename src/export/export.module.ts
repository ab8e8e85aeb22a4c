import { Module } from '@nestjs/common';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { ExportRepository } from './export.repository.js';
import { ExportUploadsService } from './export-uploads.service.js';
import { ExportsService } from './exports.service.js';
import { ExportStore } from './export-store.js';
import { ExportValidationService } from './export-validation.service.js';
import { LogPullService } from './log-pull.service.js';

@Module({
  providers: [
    {
      provide: ExportStore,
      useFactory: (config: ResolvedConfig) => new ExportStore(config.paths.exportsDir),
      inject: [APP_CONFIG],
    },
    ExportRepository,
    ExportsService,
    ExportUploadsService,
    ExportValidationService,
    LogPullService,
  ],
  exports: [
    ExportRepository,
    ExportsService,
    ExportStore,
    ExportUploadsService,
    ExportValidationService,
    LogPullService,
  ],
})
export class ExportModule {}
