import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ApiKeyEntity } from './api-key.entity.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { AuditRepository } from './audit.repository.js';
import type { Scope } from './scopes.js';

export interface NewApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly hash: Buffer;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
  readonly createdBy: string;
}

export interface StoredApiKey extends ApiKeyRecord {
  readonly hash: Buffer;
}

@Injectable()
export class ApiKeyRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditRepository,
  ) {}

  async insert(row: NewApiKeyRow): Promise<ApiKeyRecord> {
    return this.dataSource.transaction(async (manager) => {
      await manager.getRepository(ApiKeyEntity).insert({ ...row, scopes: [...row.scopes] });
      const entity = await manager.getRepository(ApiKeyEntity).findOneByOrFail({ id: row.id });
      const { name, prefix, scopes, expiresAt } = row;
      await this.audit.append(
        {
          actor: row.createdBy,
          action: 'create',
          entity: 'api_key',
          entityId: row.id,
          from: null,
          to: { name, prefix, scopes, expires_at: expiresAt?.toISOString() ?? null },
          reason: null,
        },
        manager,
      );
      return toRecord(entity);
    });
  }

  /** Newest first. */
  async list(): Promise<ApiKeyRecord[]> {
    const entities = await this.dataSource
      .getRepository(ApiKeyEntity)
      .find({ order: { createdAt: 'DESC', id: 'DESC' } });
    return entities.map(toRecord);
  }

  async findByPrefix(prefix: string): Promise<StoredApiKey | null> {
    const entity = await this.dataSource.getRepository(ApiKeyEntity).findOneBy({ prefix });
    return entity === null ? null : { ...toRecord(entity), hash: entity.hash };
  }

  async find(where: { id: string } | { prefix: string }): Promise<ApiKeyRecord | null> {
    const entity = await this.dataSource.getRepository(ApiKeyEntity).findOneBy(where);
    return entity === null ? null : toRecord(entity);
  }

  async isEmpty(): Promise<boolean> {
    const [{ present }] = await this.dataSource.query<[{ present: boolean }]>(
      'SELECT EXISTS (SELECT 1 FROM api_keys) AS present',
    );
    return !present;
  }

  /** false = it was revoked already. */
  async revoke(id: string, actor: string, reason: string | null): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const result = await manager
        .createQueryBuilder()
        .update(ApiKeyEntity)
        .set({ revokedAt: () => 'now()' })
        .where('id = :id AND revoked_at IS NULL', { id })
        .execute();
      if (result.affected !== 1) return false;
      const record = { actor, action: 'revoke', entity: 'api_key', entityId: id, reason };
      await this.audit.append({ ...record, from: { revoked: false }, to: { revoked: true } }, manager);
      return true;
    });
  }

  /** Writes at most once a minute, however many processes a key is used with. */
  async touch(id: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE api_keys SET last_used_at = now()
       WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute')`,
      [id],
    );
  }
}

function toRecord(entity: ApiKeyEntity): ApiKeyRecord {
  return {
    id: entity.id,
    name: entity.name,
    prefix: entity.prefix,
    scopes: entity.scopes as Scope[],
    createdAt: entity.createdAt,
    createdBy: entity.createdBy,
    expiresAt: entity.expiresAt,
    revokedAt: entity.revokedAt,
    lastUsedAt: entity.lastUsedAt,
  };
}
