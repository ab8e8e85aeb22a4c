import type { EntityManager } from 'typeorm';
import { appendAudit } from '../platform/database/append-audit.js';
import { AppError } from '../shared/errors.js';
import type { VersionStatus } from './core/lifecycle.js';
import { ModelVersionEntity } from './model-version.entity.js';
import type { Actor } from './model-version.js';

/** What every change of the registry is made of, inside its transaction: locks, a status, and one audit event. */

const missing = (version: string): AppError =>
  new AppError('not_found', `There is no model version ${version}.`, {
    hint: '"mcp-training list-models" shows the versions that exist.',
  });

/** A deleted version is not there any more. */
export async function lockVersion(manager: EntityManager, version: string): Promise<ModelVersionEntity> {
  const entity = await manager
    .getRepository(ModelVersionEntity)
    .findOne({ where: { version }, lock: { mode: 'pessimistic_write' } });
  if (entity === null || entity.deletedAt !== null) throw missing(version);
  return entity;
}

/** Read before any row is locked: the model's lock comes first, or two promotions could wait for each other. */
export async function modelNameOf(manager: EntityManager, version: string): Promise<string> {
  const entity = await manager.getRepository(ModelVersionEntity).findOneBy({ version });
  if (entity === null || entity.deletedAt !== null) throw missing(version);
  return entity.modelName;
}

/** Serialises changes of one model's champion, aliases and versions, also when there is no row to lock yet. */
export async function lockModel(manager: EntityManager, modelName: string): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('promote:' || $1, 0))`, [modelName]);
}

/** Locked: a champion that is being marked corrupt must not become `archived` again. */
export function championOf(manager: EntityManager, modelName: string): Promise<ModelVersionEntity | null> {
  return manager
    .getRepository(ModelVersionEntity)
    .findOne({ where: { modelName, status: 'deployed' }, lock: { mode: 'pessimistic_write' } });
}

export async function setStatus(
  manager: EntityManager,
  version: string,
  status: VersionStatus,
): Promise<void> {
  await manager.query(
    `UPDATE model_versions SET status = $2, updated_at = now(),
       deployed_at = CASE WHEN $2 = 'deployed' THEN now() ELSE deployed_at END WHERE version = $1`,
    [version, status],
  );
}

export interface RegistryEvent {
  readonly actor: Actor;
  readonly action: string;
  readonly entity?: 'model_version' | 'model_alias';
  readonly id: string;
  readonly from: object | null;
  readonly to: object | null;
}

/** Last in a transaction, as {@link appendAudit} says. */
export async function audit(manager: EntityManager, event: RegistryEvent): Promise<void> {
  const { actor, action, entity = 'model_version', id, from, to } = event;
  await appendAudit(manager, {
    actor: actor.name,
    action,
    entity,
    entityId: id,
    from,
    to,
    reason: actor.reason,
  });
}
