import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { MoreThanOrEqual, Not, type DataSource, type EntityManager } from 'typeorm';
import { appendAudit } from '../platform/database/append-audit.js';
import type { ValidationReport } from './core/validation-report.js';
import { ExportEntity } from './export.entity.js';
import { exportState, type ExportRecord, type NewExport } from './export-record.js';
import type { FileLook } from './export-store.js';

export interface ExportListFilter {
  readonly before?: { readonly createdAt: string; readonly id: string };
  /** Lower-case hex. */
  readonly sha256?: string;
  /** Text in the file name or path; case does not matter. */
  readonly search?: string;
}

/** How the audit log calls the arrival of an export from a source. */
const ACTIONS: Readonly<Record<string, string>> = {
  upload: 'export_uploaded',
  registered: 'export_registered',
  database: 'export_pulled',
};

@Injectable()
export class ExportRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Records a file. A file has one record: one with the same content is given back (two processes may have found the
   * same file), one with other content is of a file that is gone and is no longer listed.
   *
   * @param details for the line of the audit log that a new record is written with
   */
  async insert(record: NewExport, details: object = {}): Promise<ExportRecord> {
    return this.dataSource.transaction((manager) => this.insertIn(manager, record, details));
  }

  /**
   * Records a file unless its content has a record already, of a file that is still there: that one is given back. Of
   * senders that come at once, in whatever process, one makes the record.
   *
   * @param isThere tells of a stored key whether its file exists
   */
  async insertUnlessKnown(record: NewExport, isThere: (storedKey: string) => boolean): Promise<ExportRecord> {
    const { sha256 } = record;
    return this.dataSource.transaction(async (manager) => {
      await lockUntilCommit(manager, `content:${sha256}`);
      const same = await manager.getRepository(ExportEntity).find({
        where: { sha256, status: Not('deleted') },
        order: { createdAt: 'DESC', id: 'DESC' },
        take: 10,
      });
      const known = same.find(({ storedKey }) => isThere(storedKey));
      return known === undefined ? this.insertIn(manager, record) : toRecord(known);
    });
  }

  private async insertIn(
    manager: EntityManager,
    record: NewExport,
    details: object = {},
  ): Promise<ExportRecord> {
    const { exportId, fileName, storedKey, sizeBytes, sha256, format, source } = record;
    await lockUntilCommit(manager, `export:${storedKey}`);
    const repository = manager.getRepository(ExportEntity);
    const same = await repository.findOneBy({ storedKey, sha256, status: Not('deleted') });
    if (same !== null) return toRecord(same);
    await repository.update({ storedKey, status: Not('deleted') }, { status: 'deleted' });
    await repository.insert({ id: exportId, fileName, storedKey, sizeBytes, sha256, format, source });
    const inserted = await repository.findOneByOrFail({ id: exportId });
    await appendAudit(manager, {
      actor: record.actor,
      action: ACTIONS[source] ?? 'export_registered',
      entity: 'export',
      entityId: exportId,
      from: null,
      to: { ...exportState(record), ...details },
      reason: null,
    });
    return toRecord(inserted);
  }

  async find(exportId: string): Promise<ExportRecord | null> {
    const entity = await this.dataSource
      .getRepository(ExportEntity)
      .findOneBy({ id: exportId, status: Not('deleted') });
    return entity === null ? null : toRecord(entity);
  }

  /** Of one file of the exports directory, newest first. */
  async findByKey(storedKey: string): Promise<ExportRecord[]> {
    const found = await this.dataSource
      .getRepository(ExportEntity)
      .find({ where: { storedKey, status: Not('deleted') }, order: { createdAt: 'DESC', id: 'DESC' } });
    return found.map(toRecord);
  }

  /** Whether a file of this size was recorded after its last change, also when its record was deleted since. */
  async isRecorded(storedKey: string, { sizeBytes, modifiedMs }: FileLook): Promise<boolean> {
    return this.dataSource.getRepository(ExportEntity).existsBy({
      storedKey,
      sizeBytes,
      createdAt: MoreThanOrEqual(new Date(modifiedMs)),
    });
  }

  /** Newest first. */
  async list(limit: number, { before, sha256, search }: ExportListFilter = {}): Promise<ExportRecord[]> {
    const query = this.dataSource
      .getRepository(ExportEntity)
      .createQueryBuilder('export')
      .where(`export.status <> 'deleted'`)
      .orderBy('export.createdAt', 'DESC')
      .addOrderBy('export.id', 'DESC')
      .limit(limit);
    if (sha256 !== undefined) query.andWhere('export.sha256 = :sha256', { sha256 });
    if (search !== undefined) {
      query.andWhere('concat_ws(chr(10), export.storedKey, export.fileName) ILIKE :pattern', {
        pattern: `%${search.replace(/[\\%_]/g, '\\$&')}%`,
      });
    }
    if (before !== undefined) {
      // The row itself knows its time to the microsecond, a cursor only to the millisecond.
      query.andWhere(
        `(export.createdAt, export.id) < (coalesce((SELECT created_at FROM exports WHERE id = CAST(:id AS uuid)),
           CAST(:at AS timestamptz)), CAST(:id AS uuid))`,
        { at: before.createdAt, id: before.id },
      );
    }
    return (await query.getMany()).map(toRecord);
  }

  async saveReport(exportId: string, report: ValidationReport): Promise<void> {
    await this.dataSource.getRepository(ExportEntity).update(
      { id: exportId },
      {
        report,
        status: report.is_valid ? 'available' : 'invalid',
        format: report.files[0]?.format ?? 'unknown',
      },
    );
  }

  /** Deleted already: nothing. */
  async markDeleted(exportId: string, actor: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const repository = manager.getRepository(ExportEntity);
      const { affected } = await repository.update(
        { id: exportId, status: Not('deleted') },
        { status: 'deleted' },
      );
      if (affected !== 1) return;
      const record = toRecord(await repository.findOneByOrFail({ id: exportId }));
      await appendAudit(manager, {
        actor,
        action: 'export_deleted',
        entity: 'export',
        entityId: exportId,
        from: exportState(record),
        to: null,
        reason: null,
      });
    });
  }
}

/** Makes whoever else wants the same name wait until this transaction has ended. */
async function lockUntilCommit(manager: EntityManager, name: string): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [name]);
}

function toRecord(entity: ExportEntity): ExportRecord {
  return {
    exportId: entity.id,
    fileName: entity.fileName,
    storedKey: entity.storedKey,
    sizeBytes: entity.sizeBytes,
    sha256: entity.sha256,
    format: entity.format,
    status: entity.status as ExportRecord['status'],
    source: entity.source,
    report: entity.report as ValidationReport | null,
    createdAt: entity.createdAt.toISOString(),
  };
}
