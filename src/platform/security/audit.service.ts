import { Injectable } from '@nestjs/common';
import { AuditRepository, type AuditRecord } from './audit.repository.js';

/** The audit log, for the stages: each writes what it changed. */
@Injectable()
export class AuditService {
  constructor(private readonly audit: AuditRepository) {}

  /** `manager` makes the line part of the transaction of the change. */
  append(record: AuditRecord, manager?: Parameters<AuditRepository['append']>[1]): Promise<void> {
    return this.audit.append(record, manager);
  }
}
