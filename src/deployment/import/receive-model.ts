import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import type { Request } from 'express';
import { writeFailure } from '../../platform/durable-files.js';
import { AppError } from '../../shared/errors.js';
import { MAX_MODEL_FILE_BYTES, readModelFile, tooLarge } from './model-file.js';

/** The parts of a form that brings a model. */
export interface ReceivedModel {
  readonly bytes: Buffer;
  /** As the client calls it; only ever shown. */
  readonly fileName: string;
  readonly fields: ReadonlyMap<string, string>;
}

const FIELD_BYTES = 1024;
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/**
 * Streams the one file of a multipart/form-data body to a temporary file of the given directory, and reads it back when
 * it is complete: a slow or endless sender holds no memory. The temporary file is gone when this settles.
 *
 * @param fieldNames text fields that may be there
 * @throws AppError `validation_failed`, `payload_too_large`, `usage` for a body that is cut off
 */
export async function receiveModel(
  request: Request,
  directory: string,
  fieldNames: readonly string[],
): Promise<ReceivedModel> {
  if (!/^multipart\/form-data\s*;/i.test(request.headers['content-type'] ?? '')) {
    throw refusedForm('Content-Type', 'must be multipart/form-data with one file');
  }
  removeAbandoned(directory);
  const staging = join(directory, randomUUID());
  try {
    const { fileName, fields } = await receiveForm(request, staging, fieldNames);
    return { fileName, fields, bytes: readModelFile(staging, fileName, { noFollow: true }) };
  } finally {
    rmSync(staging, { force: true });
  }
}

function receiveForm(
  request: Request,
  staging: string,
  fieldNames: readonly string[],
): Promise<Omit<ReceivedModel, 'bytes'>> {
  const parser = createParser(request);
  return new Promise((resolve, reject) => {
    const fields = new Map<string, string>();
    const stop = new AbortController();
    let fileName = '';
    let saving: Promise<void> | undefined;
    const fail = (error: unknown): void => {
      if (stop.signal.aborted) return;
      request.unpipe(parser);
      request.resume();
      // What is still in the parser goes nowhere, and the file is closed before its name is taken away.
      stop.abort();
      void Promise.allSettled([saving]).then(() => {
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    };
    parser.on('file', (field, stream, info) => {
      if (field !== 'file')
        fail(refusedForm(`/${field.slice(0, 40)}`, 'the file belongs into the field "file"'));
      if (stop.signal.aborted) {
        stream.resume();
        return;
      }
      // The types promise a name; a part without one comes without it.
      const { filename = '' } = info as { filename?: string };
      fileName = filename.replace(/[^\x20-\x7e]/g, '?').slice(0, 200) || 'model';
      saving = save(stream, staging, fileName, stop.signal);
      saving.catch(fail);
    });
    parser.on('field', (name, value, { valueTruncated }) => {
      const problem = fields.has(name)
        ? 'must be there once'
        : valueTruncated
          ? `must have at most ${FIELD_BYTES} bytes`
          : fieldNames.includes(name)
            ? null
            : `is not known; known are ${fieldNames.join(', ')}`;
      if (problem === null) fields.set(name, value);
      else fail(refusedForm(`/${name.slice(0, 40)}`, problem));
    });
    for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const) {
      parser.on(limit, () => {
        fail(refusedForm('/file', 'exactly one file and few fields are needed'));
      });
    }
    parser.on('error', (error) => {
      fail(incomplete(error));
    });
    parser.on('close', () => {
      if (saving === undefined) fail(refusedForm('/file', 'exactly one file part is needed'));
      else {
        saving.then(() => {
          resolve({ fileName, fields });
        }, fail);
      }
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
      limits: { files: 1, fields: 8, fieldSize: FIELD_BYTES, fieldNameSize: 100, parts: 10 },
    });
  } catch (error) {
    throw incomplete(error);
  }
}

async function save(source: Readable, staging: string, name: string, signal: AbortSignal): Promise<void> {
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.byteLength;
      if (size <= MAX_MODEL_FILE_BYTES) done(null, chunk);
      else done(tooLarge(name));
    },
  });
  try {
    // Opened before anything can fail: a stream that is ended while it opens would make the file after its removal.
    const fd = openSync(staging, 'wx');
    await pipeline(source, meter, createWriteStream(staging, { fd }), { signal });
  } catch (error) {
    throw error instanceof AppError ? error : writeFailure('the uploaded model', error);
  }
}

/** Uploads that a crash left behind. */
function removeAbandoned(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw writeFailure('the uploaded model', error);
  }
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.MAX_VALUE;
    if (Date.now() - modified > ABANDONED_MS) rmSync(path, { force: true });
  }
}

function refusedForm(pointer: string, message: string): AppError {
  return new AppError('validation_failed', `The form is not acceptable: ${pointer} ${message}.`, {
    hint: 'curl -F file=@model.zip -F export_file=july.json http://127.0.0.1:8001/api/v1/models/import',
    problems: [{ pointer, code: 'form', message }],
  });
}

function incomplete(cause: unknown): AppError {
  return new AppError('usage', 'The multipart body cannot be read: it is malformed or ends too early.', {
    cause,
  });
}
