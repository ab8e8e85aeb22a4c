import { Module } from '@nestjs/common';
import { ExportModule } from './export.module.js';
import { ExportUploadsController } from './export-uploads.controller.js';
import { ExportsController } from './exports.controller.js';

/** The routes of the stage; a command of the CLI does without them and what they load. */
@Module({ imports: [ExportModule], controllers: [ExportUploadsController, ExportsController] })
export class ExportHttpModule {}
