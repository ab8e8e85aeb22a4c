import { Module } from '@nestjs/common';
import { ExportCreationService } from './export-creation.service.js';
import { ExportWatchService } from './export-watch.service.js';
import { ExportModule } from './export.module.js';
import { ExportUploadsController } from './export-uploads.controller.js';
import { ExportsController } from './exports.controller.js';
import { LogPullController } from './log-pull.controller.js';

/** What a service has and a command does without: the routes of the stage, and the watch of its directory. */
@Module({
  imports: [ExportModule],
  providers: [ExportWatchService, ExportCreationService],
  controllers: [ExportUploadsController, LogPullController, ExportsController],
})
export class ExportHttpModule {}
