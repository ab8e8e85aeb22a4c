import { Injectable } from '@nestjs/common';
import type { AuditCheck, AuditEvent, AuditQuery } from './audit-event.js';
import { AuditRepository, type AuditRecord } from './audit.repository.js';

/** The audit log to read, to check, and to add to what no other service records. */
@Injectable()
export class AuditLogService {
  constructor(private readonly entries: AuditRepository) {}

  append(record: AuditRecord): Promise<void> {
    return this.entries.append(record);
  }

  /** Newest first. */
  list(query: AuditQuery): Promise<AuditEvent[]> {
    return this.entries.list(query);
  }

  /** Numbers run from 1 without a gap, and the triggers that keep it so are in force. */
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
    return { events, lastSequence: last, problems };
  }
}
