import type { EntityManager } from 'typeorm';

/** One line of the audit log: who changed which thing, from what to what. */
export interface AuditRecord {
  readonly actor: string;
  readonly action: string;
  /** Kind of thing, such as `api_key`. */
  readonly entity: string;
  readonly entityId: string;
  readonly from: object | null;
  readonly to: object | null;
  readonly reason: string | null;
}

/**
 * Writes a line as part of the manager's transaction: the change and its record come together or not at all. Last in a
 * transaction: this takes the lock of the whole audit log, which nothing slow may hold.
 */
export async function appendAudit(manager: EntityManager, record: AuditRecord): Promise<void> {
  const { actor, action, entity, entityId, from, to, reason } = record;
  await manager.query(
    `INSERT INTO audit_log (actor, action, entity, entity_id, from_state, to_state, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [actor, action, entity, entityId, asJson(from), asJson(to), reason],
  );
}

const asJson = (state: object | null): string | null => (state === null ? null : JSON.stringify(state));
