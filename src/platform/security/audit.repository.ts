import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';

/** One line of the audit log that is not about a model version. */
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

@Injectable()
export class AuditRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** `manager` makes the line part of a transaction: the change and its record come together or not at all. */
  async append(record: AuditRecord, manager: EntityManager = this.dataSource.manager): Promise<void> {
    await manager.query(
      `INSERT INTO audit_log (actor, action, entity, entity_id, from_state, to_state, reason)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        record.actor,
        record.action,
        record.entity,
        record.entityId,
        record.from === null ? null : JSON.stringify(record.from),
        record.to === null ? null : JSON.stringify(record.to),
        record.reason,
      ],
    );
  }
}
