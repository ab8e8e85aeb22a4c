import { Global, Module } from '@nestjs/common';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeysService } from './api-keys.service.js';
import { AuditRepository } from './audit.repository.js';

/** API keys, for the command that makes them and the server that asks for them. */
@Global()
@Module({
  providers: [AuditRepository, ApiKeyRepository, ApiKeysService],
  exports: [AuditRepository, ApiKeysService],
})
export class SecurityModule {}
