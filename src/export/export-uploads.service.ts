import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { CLOCK, type Clock } from '../platform/clock.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { bodyOf } from '../platform/http/body-of.js';
import { endWhenSilent } from '../platform/http/end-when-silent.js';
import { receiveForm } from '../platform/http/receive-form.js';
import { actorOf } from '../platform/security/actor.js';
import { Observations } from '../platform/metrics/observations.js';
import { AppError } from '../shared/errors.js';
import { ExportRepository } from './export.repository.js';
import type { ExportRecord, NewExport } from './export-record.js';
import { ExportStore, uploadTooLarge, type StoredExport } from './export-store.js';
import { SHA256_HEX } from '../shared/digest.js';
import { PartialUploads, type AnnouncedFile, type PartialUpload } from './partial-uploads.js';

const HINT = 'curl -F file=@export.json http://127.0.0.1:8001/api/v1/exports';

/** What is known of an announced file: all of it, a part, or nothing. */
export type UploadState = { readonly record: ExportRecord } | PartialUpload | undefined;

/** A complete file of a form, and what its sender calls it. */
export interface ReceivedExport {
  readonly saved: StoredExport;
  readonly fileName: string;
}

/** How export files come in: as a form, in parts, or by their path in the exports directory. */
@Injectable()
export class ExportUploadsService {
  private readonly partial: PartialUploads;

  constructor(
    private readonly exports: ExportRepository,
    private readonly store: ExportStore,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly observations: Observations,
  ) {
    this.partial = new PartialUploads(store);
  }

  /**
   * The file of a form, checked against its field `sha256` when there is one. It lies in the exports directory then:
   * {@link keep} or {@link discardForm} it.
   */
  async receive(request: Request): Promise<ReceivedExport> {
    this.store.removeAbandonedUploads(this.clock.nowMs());
    const { saved, fileName, fields } = await receiveForm<StoredExport>(request, {
      fields: ['sha256'],
      hint: HINT,
      save: (file, name, signal) => this.store.save(file, name, this.maxBytes, signal),
      discard: ({ storedKey }) => {
        this.store.remove(storedKey);
      },
    });
    const announced = fields.get('sha256');
    if (announced !== undefined && announced.toLowerCase() !== saved.sha256) {
      this.store.remove(saved.storedKey);
      throw otherHash(announced, saved.sha256);
    }
    return { saved, fileName };
  }

  /** @param exportId an id of which an earlier attempt may have made the record already; null = a new one */
  async keep(
    { saved, fileName }: ReceivedExport,
    actor: string,
    exportId: string | null,
  ): Promise<ExportRecord> {
    return this.record(saved, fileName, 'upload', actor, exportId ?? randomUUID());
  }

  discardForm({ saved }: ReceivedExport): void {
    this.store.remove(saved.storedKey);
  }

  /** A file that could be registered. */
  inspect(exportFile: string): Promise<StoredExport> {
    return this.store.inspect(exportFile);
  }

  /**
   * A file that lies in the exports directory already. The same file twice gives the same export; one that has changed
   * since gets a new one, and its old one is no longer listed.
   */
  async register(
    exportFile: string,
    actor: string,
  ): Promise<{ readonly record: ExportRecord; readonly isNew: boolean }> {
    const found = await this.store.inspect(exportFile);
    const exportId = randomUUID();
    const record = await this.record(found, found.storedKey, 'registered', actor, exportId);
    return { record, isNew: record.exportId === exportId };
  }

  /** An export with this content whose file is still there. */
  async state(sha256: string): Promise<UploadState> {
    const record = await this.known(sha256);
    return record === undefined ? this.partial.find(sha256) : { record };
  }

  /**
   * The next bytes of an announced file, from `offset` to wherever the body ends.
   * @returns the export when the file is complete (or was already), else where to go on
   */
  async append(
    request: Request,
    announced: AnnouncedFile,
    offset: number,
    fileName: string,
  ): Promise<{ readonly record: ExportRecord; readonly isNew: boolean } | PartialUpload> {
    if (announced.length > this.maxBytes) throw uploadTooLarge(this.maxBytes);
    const known = await this.known(announced.sha256);
    if (known !== undefined) return { record: known, isNew: false };
    this.store.removeAbandonedUploads(this.clock.nowMs());
    const listening = endWhenSilent(request);
    let next: number;
    try {
      next = await this.partial.append(announced, offset, bodyOf(request));
    } finally {
      listening.end();
    }
    if (next < announced.length) return { offset: next, length: announced.length };
    const stored = await this.partial.complete(announced, fileName);
    return this.recordOnce(stored, fileName, actorOf(request));
  }

  /**
   * What {@link append} would begin with, without a byte of the body.
   * @throws AppError as {@link append} before it reads
   */
  async tryAppend(announced: AnnouncedFile, offset: number): Promise<{ isKnown: boolean }> {
    if (announced.length > this.maxBytes) throw uploadTooLarge(this.maxBytes);
    if ((await this.known(announced.sha256)) !== undefined) return { isKnown: true };
    this.partial.assertOffset(announced, offset);
    return { isKnown: false };
  }

  /** Another request may have completed the same upload since this one began: its export stands, this copy goes. */
  private async recordOnce(
    stored: StoredExport,
    fileName: string,
    actor: string,
  ): Promise<{ readonly record: ExportRecord; readonly isNew: boolean }> {
    const wanted = this.newRecord(stored, fileName, 'upload', actor);
    const record = await this.exports.insertUnlessKnown(wanted, (storedKey) => this.store.has(storedKey));
    const isNew = record.exportId === wanted.exportId;
    if (isNew) this.observations.note({ kind: 'export_stored', source: 'upload', bytes: stored.sizeBytes });
    else if (record.storedKey !== stored.storedKey) this.store.remove(stored.storedKey);
    return { record, isNew };
  }

  discard(sha256: string): void {
    if (!this.partial.discard(sha256)) throw new AppError('not_found', 'There is no such unfinished upload.');
  }

  private get maxBytes(): number {
    return this.config.values.storage.max_upload_bytes;
  }

  private async known(sha256: string): Promise<ExportRecord | undefined> {
    const records = await this.exports.list(10, { sha256 });
    return records.find(({ storedKey }) => this.store.has(storedKey));
  }

  private async record(
    stored: StoredExport,
    fileName: string,
    source: 'upload' | 'registered',
    actor: string,
    exportId: string = randomUUID(),
  ): Promise<ExportRecord> {
    const record = await this.exports.insert(this.newRecord(stored, fileName, source, actor, exportId));
    this.observations.note({ kind: 'export_stored', source, bytes: stored.sizeBytes });
    return record;
  }

  private newRecord(
    stored: StoredExport,
    fileName: string,
    source: 'upload' | 'registered',
    actor: string,
    exportId: string = randomUUID(),
  ): NewExport {
    return {
      ...stored,
      exportId,
      fileName: fileName === '' ? 'export' : fileName,
      format: 'unknown',
      source,
      actor,
    };
  }
}

function otherHash(announced: string, found: string): AppError {
  const message = SHA256_HEX.test(announced) ? `is ${found}` : 'must be 64 hexadecimal digits';
  return new AppError('validation_failed', `The field sha256 does not fit the file: it ${message}.`, {
    hint: 'Nothing was stored. Send the file again.',
    problems: [{ pointer: '/sha256', code: 'sha256', message }],
  });
}
