import type { Request } from 'express';
import busboy from 'busboy';
import { AppError } from '../shared/errors.js';
import type { ExportStore, StoredExport } from './export-store.js';

export interface Upload extends StoredExport {
  readonly clientName: string;
}

/** Streams the one file of a multipart/form-data body into the store; nothing of it is held in memory. */
export async function receiveUpload(request: Request, store: ExportStore, maxBytes: number): Promise<Upload> {
  if (!/^multipart\/form-data\s*;/i.test(request.headers['content-type'] ?? '')) {
    throw new AppError('validation_failed', 'The body must be multipart/form-data with one file.', {
      hint: 'curl -F file=@export.json http://127.0.0.1:8001/api/v1/exports',
      problems: [{ pointer: 'Content-Type', code: 'media_type', message: 'must be multipart/form-data' }],
    });
  }
  const parser = createParser(request);
  return new Promise<Upload>((resolve, reject) => {
    let saving: Promise<Upload> | undefined;
    const fail = (error: unknown): void => {
      request.unpipe(parser);
      request.resume();
      // A file that was complete before the form turned out to be wrong must not stay.
      saving?.then(
        ({ storedKey }) => {
          store.remove(storedKey);
        },
        () => undefined,
      );
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    parser.on('file', (_field, stream, { filename }) => {
      // latin1 is what the parser makes of the header; the name is only ever shown and cleaned.
      const clientName = (filename ?? '') === '' ? 'export' : filename!.slice(0, 200);
      saving = store.save(stream, clientName, maxBytes).then((stored) => ({ ...stored, clientName }));
      saving.catch(fail);
    });
    parser.on('filesLimit', () => {
      fail(oneFile());
    });
    parser.on('error', (error) => {
      fail(incomplete(error));
    });
    parser.on('close', () => {
      if (saving === undefined) fail(oneFile());
      else saving.then(resolve, fail);
    });
    request.on('aborted', () => {
      parser.destroy(new Error('the client went away'));
    });
    request.pipe(parser);
  });
}

function createParser(request: Request): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      limits: { files: 1, fields: 20, fieldSize: 65_536, parts: 25 },
    });
  } catch (error) {
    throw incomplete(error);
  }
}

function oneFile(): AppError {
  return new AppError('validation_failed', 'The form must hold exactly one file.', {
    problems: [{ pointer: '/file', code: 'required', message: 'exactly one file part is needed' }],
  });
}

function incomplete(cause: unknown): AppError {
  return new AppError('usage', 'The multipart body cannot be read: it is malformed or ends too early.', {
    cause,
  });
}
