import { Module } from '@nestjs/common';
import { ExportModule } from './export.module.js';
import { ExportUploadsController } from './export-uploads.controller.js';
import { ExportsController } from './exports.controller.js';
import { LogPullController } from './log-pull.controller.js';

/** The routes of the stage; a command of the CLI does without them and what they load. */
@Module({
  imports: [ExportModule],
  controllers: [ExportUploadsController, LogPullController, ExportsController],
})
export class ExportHttpModule {}
