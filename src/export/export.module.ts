import { Module } from '@nestjs/common';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { ExportsController } from './exports.controller.js';
import { ExportRepository } from './export.repository.js';
import { ExportsService } from './exports.service.js';
import { ExportStore } from './export-store.js';
import { ExportValidationService } from './export-validation.service.js';

@Module({
  controllers: [ExportsController],
  providers: [
    {
      provide: ExportStore,
      useFactory: (config: ResolvedConfig) => new ExportStore(config.paths.exportsDir),
      inject: [APP_CONFIG],
    },
    ExportRepository,
    ExportsService,
    ExportValidationService,
  ],
  exports: [ExportsService, ExportValidationService],
})
export class ExportModule {}
