import { Global, Module } from '@nestjs/common';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeysService } from './api-keys.service.js';
import { AuditLogService } from './audit-log.service.js';
import { AuditRepository } from './audit.repository.js';
import { AuditService } from './audit.service.js';

/** API keys, for the command that makes them and the server that asks for them. */
@Global()
@Module({
  providers: [AuditRepository, AuditService, AuditLogService, ApiKeyRepository, ApiKeysService],
  exports: [AuditRepository, AuditService, AuditLogService, ApiKeysService],
})
export class SecurityModule {}
