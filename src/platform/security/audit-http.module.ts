import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';

/** The route of the audit log; a command reads it without the web server. */
@Module({ controllers: [AuditController] })
export class AuditHttpModule {}
