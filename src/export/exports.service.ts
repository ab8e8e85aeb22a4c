import { Injectable } from '@nestjs/common';
import { AppError } from '../shared/errors.js';
import { ExportRepository } from './export.repository.js';
import { ExportStore, type ResolvedExport } from './export-store.js';
import type { ExportRecord } from './export-record.js';

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
