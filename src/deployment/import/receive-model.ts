import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Request } from 'express';
import { writeFailure } from '../../platform/durable-files.js';
import { receiveForm } from '../../platform/http/receive-form.js';
import { saveStream } from '../../platform/save-stream.js';
import { MAX_MODEL_FILE_BYTES, readModelFile, tooLarge } from './model-file.js';

/** The parts of a form that brings a model. */
export interface ReceivedModel {
  readonly bytes: Buffer;
  /** As the client calls it; only ever shown. */
  readonly fileName: string;
  readonly fields: ReadonlyMap<string, string>;
}

const ABANDONED_MS = 24 * 60 * 60 * 1000;
const HINT = 'curl -F file=@model.zip -F export_file=july.json http://127.0.0.1:8001/api/v1/models/import';

/**
 * Streams the one file of a multipart/form-data body to a temporary file of the given directory, and reads it back when
 * it is complete. The temporary file is gone when this settles.
 *
 * @param fieldNames text fields that may be there
 * @throws AppError `validation_failed`, `payload_too_large`, `disk_full`, `usage` for a body that is cut off
 */
export async function receiveModel(
  request: Request,
  directory: string,
  fieldNames: readonly string[],
): Promise<ReceivedModel> {
  removeAbandoned(directory);
  const staging = join(directory, randomUUID());
  try {
    const { fileName, fields } = await receiveForm(request, {
      fields: fieldNames,
      hint: HINT,
      save: (file, name, signal) =>
        saveStream(file, staging, {
          maxBytes: MAX_MODEL_FILE_BYTES,
          tooLarge: () => tooLarge(shown(name)),
          signal,
          label: 'the uploaded model',
        }),
      discard: () => undefined,
    });
    const name = shown(fileName);
    return { fileName: name, fields, bytes: readModelFile(staging, name, { noFollow: true }) };
  } finally {
    rmSync(staging, { force: true });
  }
}

const shown = (fileName: string): string => (fileName === '' ? 'model' : fileName);

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
