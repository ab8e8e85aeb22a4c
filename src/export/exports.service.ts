import { Injectable } from '@nestjs/common';
import { AppError } from '../shared/errors.js';
import { ExportRepository } from './export.repository.js';
import { ExportStore, type ResolvedExport } from './export-store.js';
import type { ExportRecord } from './export-record.js';
import { isExportName } from './core/export-file-name.js';

/** Exports that have lost their file are few. */
const NEWEST_LOOKED_AT = 200;

/** What names an export over the network: a path below the exports directory or a registered export. */
export interface ExportReference {
  readonly export_file?: string;
  readonly export_id?: string;
}

export interface ReferencedExport {
  readonly path: string;
  /** What people call it. */
  readonly name: string;
}

/** Finds the file behind a reference from the network; nothing outside the exports directory is ever named. */
@Injectable()
export class ExportsService {
  constructor(
    private readonly exports: ExportRepository,
    private readonly store: ExportStore,
  ) {}

  async get(exportId: string): Promise<ExportRecord> {
    const record = await this.exports.find(exportId);
    if (record !== null) return record;
    throw new AppError('not_found', `There is no export ${exportId}.`);
  }

  /** Uploads that a crash left behind. */
  removeAbandonedUploads(nowMs: number): void {
    this.store.removeAbandonedUploads(nowMs);
  }

  resolveStored(record: ExportRecord): ResolvedExport {
    return this.store.resolve(record.storedKey);
  }

  /** A file of the exports directory by its relative path: an export, or what goes with one. */
  resolveFile(name: string): ReferencedExport {
    const { path, storedKey } = this.store.resolve(name);
    return { path, name: storedKey };
  }

  /** The export that was registered last, of those that are not known to be invalid and whose file is still there. */
  async newest(): Promise<ExportRecord | null> {
    const records = await this.exports.list(NEWEST_LOOKED_AT);
    return (
      records.find(({ status, storedKey }) => status === 'available' && this.store.has(storedKey)) ?? null
    );
  }

  /** Exports directly in a directory below the exports directory (`.` = that one), in the order of their names. */
  filesIn(directory: string): ReferencedExport[] {
    return this.store
      .names(directory)
      .filter(isExportName)
      .map((name) => this.resolveFile(name));
  }

  async resolve({ export_file: name, export_id: id }: ExportReference): Promise<ReferencedExport> {
    if ((name === undefined) === (id === undefined)) {
      throw new AppError('validation_failed', 'Give either export_file or export_id.', {
        problems: [
          {
            pointer: '/export_file',
            code: 'required',
            message: 'exactly one of export_file and export_id is needed',
          },
        ],
      });
    }
    if (name !== undefined) return this.resolveFile(name);
    const record = await this.get(id!);
    return { path: this.resolveStored(record).path, name: record.fileName };
  }
}
