import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { appendAudit } from '../platform/database/append-audit.js';
import { AppError } from '../shared/errors.js';
import { ModelAliasEntity } from './model-alias.entity.js';
import { ModelVersionEntity } from './model-version.entity.js';
import type { Actor } from './model-version.js';
import { audit, lockModel, lockVersion, modelNameOf } from './registry-changes.repository.js';

/** Deletion in two steps: marked, and after the grace time purged. Until then it can be taken back. */
@Injectable()
export class ModelDeletionRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Marks a version as deleted. The model's lock keeps promotions and aliases still meanwhile, so what is deployed or
   * named is never marked, whoever is at work at the same time.
   * @throws AppError `conflict`
   */
  async mark(version: string, actor: Actor): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await lockModel(manager, await modelNameOf(manager, version));
      const { status } = await lockVersion(manager, version);
      if (status === 'deployed') {
        throw new AppError('conflict', `Version ${version} is deployed and cannot be deleted.`, {
          hint: 'Deploy another version first.',
        });
      }
      const names = await manager.getRepository(ModelAliasEntity).findBy({ version });
      if (names.length > 0) {
        const list = names.map(({ alias }) => alias).join(', ');
        throw new AppError('conflict', `Version ${version} has the alias ${list} and cannot be deleted.`, {
          hint: 'Point the alias to another version, or delete the alias.',
        });
      }
      await manager.update(ModelVersionEntity, { version }, { deletedAt: () => 'now()' });
      await audit(manager, { actor, action: 'delete', id: version, from: { status }, to: null });
    });
  }

  /** Takes a deletion back. false = there is none to take back. */
  async unmark(version: string, actor: Actor): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [rows] = await manager.query<[{ status: string }[], number]>(
        `UPDATE model_versions SET deleted_at = NULL, updated_at = now()
         WHERE version = $1 AND deleted_at IS NOT NULL RETURNING status`,
        [version],
      );
      const row = rows.at(0);
      if (row === undefined) return false;
      await audit(manager, { actor, action: 'undelete', id: version, from: null, to: row });
      return true;
    });
  }

  /**
   * Writes that retention begins, unless it has begun within so many seconds; of several that ask one gets true. The audit
   * log is what remembers the last time.
   */
  async claimRetention(everySeconds: number, actor: Actor): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [{ alone }] = await manager.query<[{ alone: boolean }]>(
        `SELECT pg_try_advisory_xact_lock(hashtextextended('retention', 0)) AS alone`,
      );
      if (!alone) return false;
      const recent: unknown[] = await manager.query(
        `SELECT sequence FROM audit_log WHERE entity = 'retention' AND entity_id = 'models' AND action = 'apply'
           AND at > now() - make_interval(secs => $1) LIMIT 1`,
        [everySeconds],
      );
      if (recent.length > 0) return false;
      await appendAudit(manager, {
        actor: actor.name,
        action: 'apply',
        entity: 'retention',
        entityId: 'models',
        from: null,
        to: { every_seconds: everySeconds },
        reason: actor.reason,
      });
      return true;
    });
  }

  /** Deleted so long ago that nobody can want them back. */
  async purgeable(graceSeconds: number): Promise<string[]> {
    const rows: { version: string }[] = await this.dataSource.query(
      `SELECT version FROM model_versions WHERE deleted_at < now() - make_interval(secs => $1) ORDER BY version`,
      [graceSeconds],
    );
    return rows.map(({ version }) => version);
  }

  /**
   * Removes the row of a deleted version for good. `removeFiles` runs while nobody can take the deletion back; a crash
   * between leaves a deleted row without files, which the next purge removes. false = it was taken back.
   */
  async purge(
    version: string,
    actor: Actor,
    removeFiles: (storageKey: string) => Promise<void>,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const row = await manager.getRepository(ModelVersionEntity).findOne({
        where: { version },
        lock: { mode: 'pessimistic_write' },
      });
      if (row?.deletedAt == null) return false;
      await removeFiles(row.storageKey);
      await manager.delete(ModelVersionEntity, { version });
      const from = { status: row.status, deleted_at: row.deletedAt.toISOString() };
      await audit(manager, { actor, action: 'purge', id: version, from, to: null });
      return true;
    });
  }
}
