import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { In, IsNull, Not, type DataSource, type SelectQueryBuilder } from 'typeorm';
import type { GateResult } from '../evaluation/core/gate.js';
import { failPoint } from '../platform/config/fail-point.js';
import type { Transaction } from '../platform/database/transaction.js';
import { AppError } from '../shared/errors.js';
import { CHAMPION } from './core/alias-name.js';
import type { Annotations } from './core/annotations.js';
import { assertDeployable, type VersionStatus } from './core/lifecycle.js';
import { ModelAliasEntity } from './model-alias.entity.js';
import { ModelVersionEntity } from './model-version.entity.js';
import type {
  Actor,
  ModelStanding,
  ModelVersion,
  NewModelVersion,
  VersionListQuery,
} from './model-version.js';
import type { VersionRow } from './version-storage.js';
import {
  audit,
  championOf,
  lockModel,
  lockVersion,
  modelNameOf,
  setStatus,
} from './registry-changes.repository.js';

export interface Promotion {
  /** The champion this decision was based on; undefined = whatever it is now. */
  readonly expected?: string | null;
  readonly action: 'deploy' | 'rollback';
  readonly actor: Actor;
  readonly switchOver: () => Promise<void>;
}

/** What else the transaction that registers a version does. */
export type WithinRegistration = (transaction: Transaction, version: NewModelVersion) => Promise<void>;

@Injectable()
export class ModelVersionRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Also when it was deleted and is not purged yet: its name is taken. */
  async exists(version: string): Promise<boolean> {
    return this.dataSource.getRepository(ModelVersionEntity).existsBy({ version });
  }

  /** Of deleted versions too. null = there is no such row. */
  async storageKeyOf(version: string): Promise<string | null> {
    const entity = await this.dataSource.getRepository(ModelVersionEntity).findOneBy({ version });
    return entity?.storageKey ?? null;
  }

  async find(version: string, which: 'present' | 'deleted' = 'present'): Promise<ModelVersion | null> {
    const deletedAt = which === 'present' ? IsNull() : Not(IsNull());
    const entity = await this.dataSource.getRepository(ModelVersionEntity).findOneBy({ version, deletedAt });
    return entity === null ? null : (await this.withAliases([entity]))[0];
  }

  /** In a stable order, newest first unless told otherwise. */
  async list(wanted: VersionListQuery): Promise<ModelVersion[]> {
    const { limit, modelName, statuses, after, search, tags = [], sort = '-created_at' } = wanted;
    const query = this.dataSource
      .getRepository(ModelVersionEntity)
      .createQueryBuilder('model')
      .where('model.deletedAt IS NULL')
      .limit(limit);
    if (modelName !== undefined) query.andWhere('model.modelName = :modelName', { modelName });
    if (statuses !== undefined) query.andWhere('model.status = ANY(:statuses)', { statuses });
    if (search !== undefined) addSearch(query, search);
    tags.forEach(({ name, value }, i) => {
      query.andWhere(
        `model.tags ? :name${i} AND (CAST(:value${i} AS text) IS NULL OR model.tags->>:name${i} = :value${i})`,
        { [`name${i}`]: name, [`value${i}`]: value },
      );
    });
    addOrder(query, sort, after);
    return this.withAliases(await query.getMany());
  }

  async deployed(modelName: string): Promise<ModelVersion | null> {
    const entity = await this.dataSource
      .getRepository(ModelVersionEntity)
      .findOneBy({ modelName, status: 'deployed' });
    return entity === null ? null : (await this.withAliases([entity]))[0];
  }

  /** All versions, the deleted ones included, for the reconciler. */
  async all(): Promise<VersionRow[]> {
    return this.dataSource.query(
      `SELECT version, status, storage_key AS "storageKey", artifacts, deleted_at AS "deletedAt"
       FROM model_versions ORDER BY version`,
    );
  }

  async countByStatus(): Promise<Record<string, number>> {
    const rows: { status: string; count: string }[] = await this.dataSource.query(
      `SELECT status, count(*) FROM model_versions WHERE deleted_at IS NULL GROUP BY status`,
    );
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  /** Every model name with what stands behind it, as `rollbackCandidate` and `deployed` say for one. */
  async byName(): Promise<ModelStanding[]> {
    return this.dataSource.query(`
      WITH seen AS (
        SELECT model_name, version, status, created_at,
          max(created_at) FILTER (WHERE status = 'deployed') OVER (PARTITION BY model_name) AS champion_at
        FROM model_versions WHERE deleted_at IS NULL)
      SELECT model_name AS "modelName", count(*)::integer AS total,
        max(version) FILTER (WHERE status = 'deployed') AS deployed,
        (array_agg(version ORDER BY created_at DESC, version DESC)
          FILTER (WHERE status = 'available' AND created_at > coalesce(champion_at, '-infinity')))[1] AS candidate,
        (array_agg(version ORDER BY created_at DESC, version DESC)
          FILTER (WHERE status = 'archived' AND created_at < champion_at))[1] AS rollback
      FROM seen GROUP BY model_name ORDER BY model_name`);
  }

  /** `within` comes last but the audit entry: what it locks is not held for long. */
  async insert(model: NewModelVersion, actor: Actor, within?: WithinRegistration): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      failPoint('insert', 'before');
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
      failPoint('insert', 'after');
      await within?.(manager, model);
      const to = { status: model.status };
      await audit(manager, { actor, action: 'register', id: model.version, from: null, to });
      failPoint('commit', 'before');
    });
    failPoint('commit', 'after');
  }

  /**
   * Makes `version` the champion of its model in one transaction: the champion before is archived, the alias moves,
   * the change is audited. With `expected` another champion than that is a conflict (compare and set). `switchOver`
   * runs inside the transaction, after every check: when it throws, the registry stays as it was.
   */
  async promote(version: string, { expected, action, actor, switchOver }: Promotion): Promise<string | null> {
    return this.dataSource.transaction(async (manager) => {
      await lockModel(manager, await modelNameOf(manager, version));
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
      const from = { champion: previous };
      await audit(manager, { actor, action, id: version, from, to: { champion: version } });
      return previous;
    });
  }

  /** Runs `body` with the champion of a model while nobody can promote another one. */
  async withChampion(modelName: string, body: (champion: string | null) => Promise<void>): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await lockModel(manager, modelName);
      await body((await championOf(manager, modelName))?.version ?? null);
    });
  }

  /** The champion, then the versions that were champion before, latest first. */
  async servingOrder(modelName: string): Promise<string[]> {
    const rows: { version: string }[] = await this.dataSource.query(
      `SELECT version FROM model_versions WHERE model_name = $1 AND status IN ('deployed', 'archived') AND deleted_at IS NULL
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
       WHERE old.model_name = $1 AND old.status = 'archived' AND old.deleted_at IS NULL AND old.created_at < champion.created_at
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
      const [lost] = await manager.query<[{ alias: string }[], number]>(
        `DELETE FROM model_aliases WHERE version = $1 RETURNING alias`,
        [version],
      );
      const from = { status: target.status, aliases: lost.map(({ alias }) => alias).sort() };
      await audit(manager, { actor, action: 'mark_corrupt', id: version, from, to: { status: 'corrupt' } });
    });
  }

  /**
   * Writes notes and tags. `change` gets the version as it is while nobody else can change it, and may refuse. What
   * stays the same leaves no event.
   */
  async annotate(
    version: string,
    change: (current: ModelVersion) => Annotations,
    actor: Actor,
  ): Promise<ModelVersion> {
    await this.dataSource.transaction(async (manager) => {
      const entity = await lockVersion(manager, version);
      const aliases = await manager.getRepository(ModelAliasEntity).findBy({ version });
      const current = toModelVersion(entity, aliases);
      const from = { notes: current.notes, tags: current.tags };
      const to = change(current);
      if (JSON.stringify(from) === JSON.stringify(to)) return;
      await manager.query(
        `UPDATE model_versions SET notes = $2, tags = $3, updated_at = now() WHERE version = $1`,
        [version, to.notes, JSON.stringify(to.tags)],
      );
      await audit(manager, { actor, action: 'annotate', id: version, from, to });
    });
    return (await this.find(version))!;
  }

  /** Versions that were made from this one (another threshold of the same forest). */
  async children(version: string): Promise<string[]> {
    const rows: { version: string }[] = await this.dataSource.query(
      `SELECT version FROM model_versions WHERE parent_version = $1 AND deleted_at IS NULL
       ORDER BY created_at, version`,
      [version],
    );
    return rows.map((row) => row.version);
  }

  private async withAliases(entities: readonly ModelVersionEntity[]): Promise<ModelVersion[]> {
    if (entities.length === 0) return [];
    const aliases = await this.dataSource
      .getRepository(ModelAliasEntity)
      .findBy({ version: In(entities.map(({ version }) => version)) });
    return entities.map((entity) => toModelVersion(entity, aliases));
  }
}

function addSearch(query: SelectQueryBuilder<ModelVersionEntity>, text: string): void {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  query.andWhere(
    `concat_ws(chr(10), model.version, model.model_name, model.model_type, model.feature_set, model.notes,
       model.tags::text) ILIKE :pattern`,
    { pattern },
  );
}

function addOrder(
  query: SelectQueryBuilder<ModelVersionEntity>,
  sort: NonNullable<VersionListQuery['sort']>,
  after: VersionListQuery['after'],
): void {
  const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
  const operator = direction === 'DESC' ? '<' : '>';
  if (sort.endsWith('version')) {
    query.orderBy('model.version', direction);
    if (after !== undefined) query.andWhere(`model.version ${operator} :version`, { version: after.version });
    return;
  }
  query.orderBy('model.createdAt', direction).addOrderBy('model.version', direction);
  if (after === undefined) return;
  // The row itself knows its time to the microsecond, a cursor only to the millisecond.
  query.andWhere(
    `(model.createdAt, model.version) ${operator} (coalesce(
       (SELECT created_at FROM model_versions WHERE version = :version), CAST(:at AS timestamptz)), :version)`,
    { at: after.createdAt, version: after.version },
  );
}

function championChanged(modelName: string, current: string | null, expected: string | null): AppError {
  return new AppError(
    'conflict',
    `Another deployment of model ${modelName} came first: ${current ?? 'no version'} is deployed, expected ${expected ?? 'none'}.`,
    { hint: 'Look at the deployed version and decide again.' },
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
    notes: entity.notes,
    tags: inOrder(entity.tags as Record<string, string>),
    aliases: aliases
      .filter(({ version }) => version === entity.version)
      .map(({ alias }) => alias)
      .sort(),
    createdAt: entity.createdAt.toISOString(),
    deployedAt: entity.deployedAt?.toISOString() ?? null,
  };
}

/** jsonb orders members in a way of its own. */
function inOrder(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
}
