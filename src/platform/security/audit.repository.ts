import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { appendAudit, type AuditRecord } from '../database/append-audit.js';
import type { AuditEvent, AuditQuery } from './audit-event.js';

@Injectable()
export class AuditRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** `manager` makes the line part of a transaction: the change and its record come together or not at all. */
  async append(record: AuditRecord, manager: EntityManager = this.dataSource.manager): Promise<void> {
    await appendAudit(manager, record);
  }

  /** Newest first. */
  async list(query: AuditQuery): Promise<AuditEvent[]> {
    const { limit, entity, entityId, actor, action, since, until, before } = query;
    const rows: (Omit<AuditEvent, 'sequence' | 'at'> & { sequence: string; at: Date })[] =
      await this.dataSource.query(
        `SELECT sequence, at, actor, action, entity, entity_id, from_state AS "from", to_state AS "to", reason
         FROM audit_log
         WHERE ($2::text IS NULL OR entity = $2) AND ($3::text IS NULL OR entity_id = $3)
           AND ($4::text IS NULL OR actor = $4) AND ($5::text IS NULL OR action = $5)
           AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
           AND ($8::bigint IS NULL OR sequence < $8)
         ORDER BY sequence DESC LIMIT $1`,
        [limit, entity, entityId, actor, action, since, until, before].map((value) => value ?? null),
      );
    return rows.map((row) => ({ ...row, sequence: Number(row.sequence), at: row.at.toISOString() }));
  }

  /** Of each model, the champion that the log tells, and the one that the table has, where they differ. */
  async championDifferences(): Promise<{ model: string; recorded: string | null; actual: string | null }[]> {
    return this.dataSource.query(
      `WITH last_change AS (
         SELECT DISTINCT ON (v.model_name) v.model_name AS model,
           CASE WHEN a.action = 'mark_corrupt' THEN NULL ELSE a.entity_id END AS version
         FROM audit_log a JOIN model_versions v ON v.version = a.entity_id
         WHERE a.entity = 'model_version' AND (a.action IN ('deploy', 'rollback')
           OR a.action = 'mark_corrupt' AND a.from_state->>'status' = 'deployed')
         ORDER BY v.model_name, a.sequence DESC),
       champion AS (SELECT model_name AS model, version FROM model_versions WHERE status = 'deployed')
       SELECT coalesce(l.model, c.model) AS model, l.version AS recorded, c.version AS actual
       FROM last_change l FULL JOIN champion c ON c.model = l.model
       WHERE l.version IS DISTINCT FROM c.version ORDER BY 1`,
    );
  }

  /** What shows that events were taken away. */
  async summary(): Promise<AuditSummary> {
    const [counted]: { events: string; first: string | null; last: string | null; gap: string | null }[] =
      await this.dataSource.query(
        `SELECT count(*) AS events, min(sequence) AS first, max(sequence) AS last,
           (SELECT min(a.sequence) FROM audit_log a
            WHERE NOT EXISTS (SELECT FROM audit_log b WHERE b.sequence = a.sequence + 1)
              AND a.sequence < (SELECT max(sequence) FROM audit_log)) AS gap
         FROM audit_log`,
      );
    const triggers: { name: string }[] = await this.dataSource.query(
      `SELECT tgname AS name FROM pg_trigger
       WHERE tgrelid = 'audit_log'::regclass AND NOT tgisinternal AND tgenabled IN ('O', 'A')`,
    );
    return {
      events: Number(counted.events),
      first: Number(counted.first ?? 0),
      last: Number(counted.last ?? 0),
      gapAfter: counted.gap === null ? null : Number(counted.gap),
      guards: triggers.map(({ name }) => name),
    };
  }
}

export interface AuditSummary {
  readonly events: number;
  /** Sequence numbers; 0 = no event. */
  readonly first: number;
  readonly last: number;
  /** The event after which the first number is missing. */
  readonly gapAfter: number | null;
  /** Triggers of the table that are in force. */
  readonly guards: readonly string[];
}
