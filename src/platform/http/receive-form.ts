import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { Request } from 'express';
import { AppError } from '../../shared/errors.js';
import { endWhenSilent } from './end-when-silent.js';

export interface FormOptions<Saved> {
  /** Text fields that may be there, each once. */
  readonly fields: readonly string[];
  /** A call that works, shown with a refusal. */
  readonly hint: string;
  /** Takes the bytes of the file, and leaves nothing when it fails or the signal fires. */
  readonly save: (file: Readable, fileName: string, signal: AbortSignal) => Promise<Saved>;
  /** Takes back a complete file, because the rest of the form turned out to be wrong. */
  readonly discard: (saved: Saved) => void;
}

export interface ReceivedForm<Saved> {
  readonly saved: Saved;
  /** As the client calls it, without control characters; empty when it has none. Only ever shown. */
  readonly fileName: string;
  readonly fields: ReadonlyMap<string, string>;
}

const FIELD_BYTES = 1024;
const NAME_LENGTH = 200;

/**
 * Streams the one file of a multipart/form-data body, in the field "file", to wherever `save` puts it; a slow or endless
 * sender holds no memory.
 *
 * @throws AppError `validation_failed` naming the part that is wrong, `usage` for a body that is malformed or cut off,
 *   and whatever `save` throws
 */
export async function receiveForm<Saved>(
  request: Request,
  options: FormOptions<Saved>,
): Promise<ReceivedForm<Saved>> {
  if (!/^multipart\/form-data\s*;/i.test(request.headers['content-type'] ?? '')) {
    throw refusedForm('Content-Type', 'must be multipart/form-data with one file', options.hint);
  }
  const parser = createParser(request);
  const listening = endWhenSilent(request);
  try {
    return await new FormReceiver(request, parser, options).receive();
  } finally {
    listening.end();
  }
}

class FormReceiver<Saved> {
  private readonly fields = new Map<string, string>();
  private readonly stop = new AbortController();
  private fileName = '';
  private saving: Promise<Saved> | undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    private readonly request: Request,
    private readonly parser: busboy.Busboy,
    private readonly options: FormOptions<Saved>,
  ) {}

  receive(): Promise<ReceivedForm<Saved>> {
    const { request, parser } = this;
    return new Promise((resolve, reject) => {
      this.reject = reject;
      // Whatever its types say, busboy gives undefined as the name of a part that has none.
      parser.on('file', (field: string | undefined, stream, info) => {
        this.takeFile(field ?? '', stream, info);
      });
      parser.on('field', (name: string | undefined, value, { valueTruncated }) => {
        this.takeField(name ?? '', value, valueTruncated);
      });
      for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const) {
        parser.on(limit, () => {
          this.refuse('/file', 'exactly one file and few fields are needed');
        });
      }
      parser.on('error', (error) => {
        this.fail(incomplete(error));
      });
      parser.on('close', () => {
        if (this.saving === undefined) this.refuse('/file', 'exactly one file part is needed');
        else {
          this.saving.then(
            (saved) => {
              if (!this.stop.signal.aborted) resolve({ saved, fileName: this.fileName, fields: this.fields });
            },
            (error: unknown) => {
              this.fail(error);
            },
          );
        }
      });
      // Closed and not complete: the client went away, perhaps before anybody listened.
      const gone = (): void => {
        if (!request.complete) parser.destroy(new Error('the client went away'));
      };
      request.once('close', gone);
      if (request.destroyed) gone();
      request.pipe(parser);
    });
  }

  private takeFile(field: string, stream: Readable, { filename = '' }: { filename?: string }): void {
    if (field !== 'file')
      this.refuse(`/${field.slice(0, 40)}`, 'is not known: the file belongs into the field "file"');
    if (this.stop.signal.aborted) {
      stream.resume();
      return;
    }
    this.fileName = filename.replace(/\p{C}/gu, '?').slice(0, NAME_LENGTH);
    this.saving = this.options.save(stream, this.fileName, this.stop.signal);
    this.saving.catch((error: unknown) => {
      this.fail(error);
    });
  }

  private takeField(name: string, value: string, isTruncated: boolean): void {
    const { fields: known } = this.options;
    const problem = this.fields.has(name)
      ? 'must be there once'
      : isTruncated
        ? `must have at most ${FIELD_BYTES} bytes`
        : known.includes(name)
          ? null
          : `is not known; known are ${known.join(', ')}`;
    if (problem === null) this.fields.set(name, value);
    else this.refuse(`/${name.slice(0, 40)}`, problem);
  }

  private refuse(pointer: string, message: string): void {
    this.fail(refusedForm(pointer, message, this.options.hint));
  }

  /** The first failure answers; what is still in the parser goes nowhere, and nothing of the file stays. */
  private fail(error: unknown): void {
    if (this.stop.signal.aborted) return;
    this.request.unpipe(this.parser);
    this.request.resume();
    this.stop.abort();
    const settled = this.saving?.then(this.options.discard, () => undefined) ?? Promise.resolve();
    void settled.then(() => {
      this.reject(error instanceof Error ? error : new Error(String(error)));
    });
  }
}

function createParser(request: Request): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: { files: 1, fields: 8, fieldSize: FIELD_BYTES, fieldNameSize: 100, parts: 10 },
    });
  } catch (error) {
    throw incomplete(error);
  }
}

function refusedForm(pointer: string, message: string, hint: string): AppError {
  return new AppError('validation_failed', `The form is not acceptable: ${pointer} ${message}.`, {
    hint,
    problems: [{ pointer, code: 'form', message }],
  });
}

function incomplete(cause: unknown): AppError {
  return new AppError('usage', 'The multipart body cannot be read: it is malformed or ends too early.', {
    cause,
  });
}
