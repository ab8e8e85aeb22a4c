import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { In, type DataSource, type EntityManager } from 'typeorm';
import type { GateResult } from '../evaluation/core/gate.js';
import { AppError } from '../shared/errors.js';
import { assertDeployable, type VersionStatus } from './core/lifecycle.js';
import { ModelAliasEntity } from './model-alias.entity.js';
import { ModelVersionEntity } from './model-version.entity.js';
import type { Actor, ModelVersion, NewModelVersion, VersionListQuery } from './model-version.js';

const CHAMPION = 'champion';

export interface Promotion {
  /** The champion this decision was based on; undefined = whatever it is now. */
  readonly expected?: string | null;
  readonly action: 'deploy' | 'rollback';
  readonly actor: Actor;
  readonly switchOver: () => Promise<void>;
}

@Injectable()
export class ModelVersionRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async exists(version: string): Promise<boolean> {
    return this.dataSource.getRepository(ModelVersionEntity).existsBy({ version });
  }

  async find(version: string): Promise<ModelVersion | null> {
    const entity = await this.dataSource.getRepository(ModelVersionEntity).findOneBy({ version });
    return entity === null ? null : (await this.withAliases([entity]))[0];
  }

  /** Newest first, in a stable order. */
  async list({ limit, modelName, status, before }: VersionListQuery): Promise<ModelVersion[]> {
    const query = this.dataSource
      .getRepository(ModelVersionEntity)
      .createQueryBuilder('model')
      .orderBy('model.createdAt', 'DESC')
      .addOrderBy('model.version', 'DESC')
      .limit(limit);
    if (modelName !== undefined) query.andWhere('model.modelName = :modelName', { modelName });
    if (status !== undefined) query.andWhere('model.status = :status', { status });
    if (before !== undefined) {
      // The row itself knows its time to the microsecond, a cursor only to the millisecond.
      query.andWhere(
        `(model.createdAt, model.version) < (coalesce(
           (SELECT created_at FROM model_versions WHERE version = :version), CAST(:at AS timestamptz)), :version)`,
        { at: before.createdAt, version: before.version },
      );
    }
    return this.withAliases(await query.getMany());
  }

  async deployed(modelName: string): Promise<ModelVersion | null> {
    const entity = await this.dataSource
      .getRepository(ModelVersionEntity)
      .findOneBy({ modelName, status: 'deployed' });
    return entity === null ? null : (await this.withAliases([entity]))[0];
  }

  /** All versions, for the reconciler. */
  async all(): Promise<{ version: string; status: VersionStatus; storageKey: string }[]> {
    return this.dataSource.query(
      `SELECT version, status, storage_key AS "storageKey" FROM model_versions ORDER BY version`,
    );
  }

  async countByStatus(): Promise<Record<string, number>> {
    const rows: { status: string; count: string }[] = await this.dataSource.query(
      `SELECT status, count(*) FROM model_versions GROUP BY status`,
    );
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  async insert(model: NewModelVersion, actor: Actor): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.getRepository(ModelVersionEntity).insert({
        version: model.version,
        modelName: model.modelName,
        status: model.status,
        storageKey: model.storageKey,
        modelType: model.modelType,
        featureSet: model.featureSet,
        trainingRunId: model.trainingId,
        parentVersion: model.parentVersion,
        trainingSamples: model.trainingSamples,
        // TypeORM's insert type wants deep-partial entities where jsonb columns are plain records.
        metrics: { ...model.metrics },
        gate: { ...model.gate },
        lineage: { ...model.lineage },
        artifacts: { ...model.artifacts },
      });
      await audit(manager, actor, 'register', model.version, null, { status: model.status });
    });
  }

  /**
   * Makes `version` the champion of its model in one transaction: the champion before is archived, the alias moves,
   * the change is audited. With `expected` another champion than that is a conflict (compare and set). `switchOver`
   * runs inside the transaction, after every check: when it throws, the registry stays as it was.
   */
  async promote(version: string, { expected, action, actor, switchOver }: Promotion): Promise<string | null> {
    return this.dataSource.transaction(async (manager) => {
      await lockPromotions(manager, await modelNameOf(manager, version));
      const target = await lockVersion(manager, version);
      const previous = (await championOf(manager, target.modelName))?.version ?? null;
      if (expected !== undefined && previous !== expected)
        throw championChanged(target.modelName, previous, expected);
      if (target.status === 'rejected' || target.status === 'corrupt')
        assertDeployable(version, target.status);
      if (previous !== null && previous !== version) await setStatus(manager, previous, 'archived');
      await setStatus(manager, version, 'deployed');
      await manager.query(
        `INSERT INTO model_aliases (model_name, alias, version) VALUES ($1, $2, $3)
         ON CONFLICT (model_name, alias) DO UPDATE SET version = excluded.version, updated_at = now()`,
        [target.modelName, CHAMPION, version],
      );
      await switchOver();
      // Last: this takes the lock of the whole audit log, which no slow target may hold.
      await audit(manager, actor, action, version, { champion: previous }, { champion: version });
      return previous;
    });
  }

  /** Runs `body` with the champion of a model while nobody can promote another one. */
  async withChampion(modelName: string, body: (champion: string | null) => Promise<void>): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await lockPromotions(manager, modelName);
      await body((await championOf(manager, modelName))?.version ?? null);
    });
  }

  /** The champion, then the versions that were champion before, latest first. */
  async servingOrder(modelName: string): Promise<string[]> {
    const rows: { version: string }[] = await this.dataSource.query(
      `SELECT version FROM model_versions WHERE model_name = $1 AND status IN ('deployed', 'archived')
       ORDER BY (status = 'deployed') DESC, deployed_at DESC NULLS LAST`,
      [modelName],
    );
    return rows.map(({ version }) => version);
  }

  /** The newest version older than the champion that was deployed before and is intact. */
  async rollbackCandidate(modelName: string): Promise<string | null> {
    const rows: { version: string }[] = await this.dataSource.query(
      `SELECT old.version FROM model_versions old
       JOIN model_versions champion ON champion.model_name = old.model_name AND champion.status = 'deployed'
       WHERE old.model_name = $1 AND old.status = 'archived' AND old.created_at < champion.created_at
       ORDER BY old.created_at DESC LIMIT 1`,
      [modelName],
    );
    return rows.at(0)?.version ?? null;
  }

  async markCorrupt(version: string, actor: Actor): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const target = await lockVersion(manager, version);
      if (target.status === 'corrupt') return;
      await setStatus(manager, version, 'corrupt');
      await manager.query(`DELETE FROM model_aliases WHERE version = $1`, [version]);
      await audit(manager, actor, 'mark_corrupt', version, { status: target.status }, { status: 'corrupt' });
    });
  }

  private async withAliases(entities: readonly ModelVersionEntity[]): Promise<ModelVersion[]> {
    if (entities.length === 0) return [];
    const aliases = await this.dataSource
      .getRepository(ModelAliasEntity)
      .findBy({ version: In(entities.map(({ version }) => version)) });
    return entities.map((entity) => toModelVersion(entity, aliases));
  }
}

async function lockVersion(manager: EntityManager, version: string): Promise<ModelVersionEntity> {
  const entity = await manager
    .getRepository(ModelVersionEntity)
    .findOne({ where: { version }, lock: { mode: 'pessimistic_write' } });
  if (entity !== null) return entity;
  throw new AppError('not_found', `There is no model version ${version}.`);
}

/** Read before any row is locked: the model's lock comes first, or two promotions could wait for each other. */
async function modelNameOf(manager: EntityManager, version: string): Promise<string> {
  const entity = await manager.getRepository(ModelVersionEntity).findOneBy({ version });
  if (entity !== null) return entity.modelName;
  throw new AppError('not_found', `There is no model version ${version}.`);
}

/** Serialises promotions of one model, also when there is no champion row to lock yet. */
async function lockPromotions(manager: EntityManager, modelName: string): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('promote:' || $1, 0))`, [modelName]);
}

/** Locked: a champion that is being marked corrupt must not become `archived` again. */
function championOf(manager: EntityManager, modelName: string): Promise<ModelVersionEntity | null> {
  return manager
    .getRepository(ModelVersionEntity)
    .findOne({ where: { modelName, status: 'deployed' }, lock: { mode: 'pessimistic_write' } });
}

function championChanged(modelName: string, current: string | null, expected: string | null): AppError {
  return new AppError(
    'conflict',
    `Another deployment of model ${modelName} came first: ${current ?? 'no version'} is deployed, expected ${expected ?? 'none'}.`,
    { hint: 'Look at the deployed version and decide again.' },
  );
}

async function setStatus(manager: EntityManager, version: string, status: VersionStatus): Promise<void> {
  await manager.query(
    `UPDATE model_versions SET status = $2, updated_at = now(),
       deployed_at = CASE WHEN $2 = 'deployed' THEN now() ELSE deployed_at END WHERE version = $1`,
    [version, status],
  );
}

async function audit(
  manager: EntityManager,
  actor: Actor,
  action: string,
  version: string,
  from: unknown,
  to: unknown,
): Promise<void> {
  await manager.query(
    `INSERT INTO audit_log (actor, action, entity, entity_id, from_state, to_state, reason)
     VALUES ($1, $2, 'model_version', $3, $4, $5, $6)`,
    [
      actor.name,
      action,
      version,
      from === null ? null : JSON.stringify(from),
      JSON.stringify(to),
      actor.reason,
    ],
  );
}

function toModelVersion(entity: ModelVersionEntity, aliases: readonly ModelAliasEntity[]): ModelVersion {
  return {
    version: entity.version,
    modelName: entity.modelName,
    status: entity.status as VersionStatus,
    storageKey: entity.storageKey,
    modelType: entity.modelType,
    featureSet: entity.featureSet,
    trainingId: entity.trainingRunId,
    parentVersion: entity.parentVersion,
    trainingSamples: entity.trainingSamples,
    metrics: entity.metrics as Record<string, unknown>,
    gate: entity.gate as GateResult,
    lineage: entity.lineage as Record<string, unknown>,
    artifacts: entity.artifacts as Record<string, string>,
    aliases: aliases.filter(({ version }) => version === entity.version).map(({ alias }) => alias),
    createdAt: entity.createdAt.toISOString(),
    deployedAt: entity.deployedAt?.toISOString() ?? null,
  };
}
