import type { Request } from 'express';
import type { AppLogger } from '../logging/app-logger.js';
import { containsApiKey } from '../security/api-key-text.js';
import { actorOf, identityOf } from '../security/actor.js';
import type { AuditRepository } from '../security/audit.repository.js';

const MINUTE_MS = 60_000;
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);
const PATH_LENGTH = 200;

interface Budget {
  readonly perMinute: number;
  startMs: number;
  used: number;
  dropped: number;
}

/**
 * Records refused attempts to change something. Those who have a key and those who have none get a budget each: a flood
 * from outside can neither fill the audit log nor hide what a key was refused.
 */
export class RefusalAudit {
  private readonly budgets: Record<'known' | 'unknown', Budget> = {
    known: { perMinute: 30, startMs: -Infinity, used: 0, dropped: 0 },
    unknown: { perMinute: 10, startMs: -Infinity, used: 0, dropped: 0 },
  };

  constructor(
    private readonly audit: Pick<AuditRepository, 'append'>,
    private readonly logger: Pick<AppLogger, 'warn'>,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /** Does not make the caller wait, and never fails. */
  record(request: Request, status: number, reason: string): void {
    if (READING.has(request.method) || !this.mayWrite(identityOf(request) !== undefined)) return;
    const { path } = request;
    this.audit
      .append({
        actor: actorOf(request),
        action: 'refuse',
        entity: 'request',
        entityId: containsApiKey(path) ? '/' : path.slice(0, PATH_LENGTH),
        from: null,
        to: { method: request.method, status },
        reason,
      })
      .catch(() => {
        this.logger.warn('A refused request could not be written into the audit log.', 'audit');
      });
  }

  private mayWrite(isKnown: boolean): boolean {
    const budget = this.budgets[isKnown ? 'known' : 'unknown'];
    const nowMs = this.monotonicMs();
    if (nowMs - budget.startMs >= MINUTE_MS) {
      if (budget.dropped > 0) {
        this.logger.warn(`${budget.dropped} refused requests were not written into the audit log.`, 'audit');
      }
      Object.assign(budget, { startMs: nowMs, used: 0, dropped: 0 });
    }
    if (budget.used < budget.perMinute) {
      budget.used++;
      return true;
    }
    budget.dropped++;
    return false;
  }
}
