import { Injectable } from '@nestjs/common';
import type { AuditRecord } from '../database/append-audit.js';
import type { AuditCheck, AuditEvent, AuditQuery } from './audit-event.js';
import { AuditRepository } from './audit.repository.js';

/** The audit log, for the stages: to write what they changed, to read and to check. */
@Injectable()
export class AuditLogService {
  constructor(private readonly entries: AuditRepository) {}

  /** `manager` makes the line part of the transaction of the change. */
  append(record: AuditRecord, manager?: Parameters<AuditRepository['append']>[1]): Promise<void> {
    return this.entries.append(record, manager);
  }

  /** Newest first. */
  list(query: AuditQuery): Promise<AuditEvent[]> {
    return this.entries.list(query);
  }

  /** Numbers run from 1 without a gap, the triggers that keep it so are in force, and the log tells the champions. */
  async check(): Promise<AuditCheck> {
    const { events, first, last, gapAfter, guards } = await this.entries.summary();
    const problems: string[] = [];
    if (events > 0 && first !== 1) {
      problems.push(`The audit log begins with event ${first}: earlier events were deleted.`);
    }
    if (gapAfter !== null) {
      const missing = last - first + 1 - events;
      problems.push(`The audit log has a gap after event ${gapAfter}: ${missing} events were deleted.`);
    }
    for (const guard of ['audit_log_append_only', 'audit_log_number'].filter(
      (name) => !guards.includes(name),
    )) {
      problems.push(`The audit log is not protected: its trigger ${guard} is missing or disabled.`);
    }
    for (const { model, recorded, actual } of await this.entries.championDifferences()) {
      problems.push(
        `The audit log says that ${recorded ?? 'no version'} of model ${model} is deployed, the table says ${actual ?? 'none'}.`,
      );
    }
    return { events, lastSequence: last, problems };
  }
}
