import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { IdempotencyService, operationIdOf } from '../platform/http/idempotency/idempotency.service.js';
import { validationPipe } from '../platform/http/validation.js';
import { actorOf } from '../platform/security/actor.js';
import { ExportRepository } from './export.repository.js';
import { exportJson, type ExportRecord } from './export-record.js';
import type { StoredExport } from './export-store.js';
import { ExportUploadsService } from './export-uploads.service.js';
import { RegisterExportDto } from './exports.dto.js';

type Answer = Record<string, unknown>;

/** `POST /exports`: a file of a form, or the path of one that is there. */
@Injectable()
export class ExportCreationService {
  private readonly bodies = validationPipe();

  constructor(
    private readonly uploads: ExportUploadsService,
    private readonly exports: ExportRepository,
    private readonly idempotency: IdempotencyService,
  ) {}

  create(request: Request, response: Response, dryRun: boolean): Promise<Answer> {
    return request.is('json') === false
      ? this.upload(request, response, dryRun)
      : this.register(request, response, dryRun);
  }

  private async register(request: Request, response: Response, dryRun: boolean): Promise<Answer> {
    const form = { type: 'body', metatype: RegisterExportDto } as const;
    const { export_file: file } = (await this.bodies.transform(request.body, form)) as RegisterExportDto;
    return this.idempotency.run(request, response, request.body, async () => {
      if (dryRun) return wouldCreate(response, await this.uploads.inspect(file), '');
      const { record, isNew } = await this.uploads.register(file, actorOf(request));
      return created(response, record, isNew);
    });
  }

  /** With an Idempotency-Key too the whole form is read: its content tells whether it is the same request. */
  private async upload(request: Request, response: Response, dryRun: boolean): Promise<Answer> {
    const received = await this.uploads.receive(request);
    const { saved, fileName } = received;
    const fate = { isKept: false };
    try {
      return await this.idempotency.run(request, response, { sha256: saved.sha256, fileName }, async () => {
        if (dryRun) return wouldCreate(response, saved, fileName);
        const exportId = operationIdOf(request);
        const before = exportId === null ? null : await this.exports.find(exportId);
        fate.isKept = before === null;
        return created(
          response,
          before ?? (await this.uploads.keep(received, actorOf(request), exportId)),
          true,
        );
      });
    } finally {
      if (!fate.isKept) this.uploads.discardForm(received);
    }
  }
}

function wouldCreate(response: Response, saved: StoredExport, fileName: string): Answer {
  const { storedKey, sizeBytes, sha256 } = saved;
  response.status(200);
  const name = fileName === '' ? storedKey : fileName;
  return { status: 'would_create', export_file: name, size_bytes: sizeBytes, sha256 };
}

function created(response: Response, record: ExportRecord, isNew: boolean): Answer {
  if (!isNew) response.status(200);
  response.setHeader('location', `/api/v1/exports/${record.exportId}`);
  return exportJson(record);
}
