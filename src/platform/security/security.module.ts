import { Global, Module } from '@nestjs/common';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeysService } from './api-keys.service.js';
import { AuditLogService } from './audit-log.service.js';
import { AuditRepository } from './audit.repository.js';

/** API keys, for the command that makes them and the server that asks for them. */
@Global()
@Module({
  providers: [AuditRepository, AuditLogService, ApiKeyRepository, ApiKeysService],
  exports: [AuditRepository, AuditLogService, ApiKeysService],
})
export class SecurityModule {}
