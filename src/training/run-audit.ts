import { appendAudit } from '../platform/database/append-audit.js';

/** A line of the audit log about a run, in the transaction of the change. */
export function auditRun(
  manager: Parameters<typeof appendAudit>[0],
  action: 'training_started' | 'training_cancelled',
  trainingId: string,
  { actor, from = null, to }: { readonly actor: string; readonly from?: object | null; readonly to: object },
): Promise<void> {
  return appendAudit(manager, {
    actor,
    action,
    entity: 'training_run',
    entityId: trainingId,
    from,
    to,
    reason: null,
  });
}
