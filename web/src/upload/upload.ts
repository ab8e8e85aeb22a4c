import { address, authorization, send } from '../api/client.js';
import { keyStore } from '../api/key-store.js';
import { asProblem, ProblemError, problemFrom, unreachable } from '../api/problem.js';
import { cancelled } from './cancelled.js';
import { hashFile } from './hash-file.js';

export type UploadStep =
  | { readonly kind: 'hashing' | 'sending'; readonly done: number; readonly total: number }
  /** Nobody answers; it is tried again. */
  | { readonly kind: 'waiting'; readonly total: number; readonly seconds: number; readonly reason: string };

export interface Uploaded {
  readonly id: string;
  /** Its content was here already: nothing was sent. */
  readonly isKnown: boolean;
}

/** Small enough for any proxy in between, large enough that the requests do not count. */
const PART_BYTES = 32 * 1024 * 1024;
const FIRST_WAIT_S = 1;
const LONGEST_WAIT_S = 30;
/** A quarter of an hour or so; afterwards somebody has to look. What was sent stays for a day. */
const MOST_FAILURES = 35;
const COMPLETE = '?1';

/**
 * Uploads a file in parts that are addressed by its SHA-256: after a break of the connection, also after the page was
 * closed, it goes on with the byte that the service wants next.
 */
export async function uploadExport(
  file: File,
  onStep: (step: UploadStep) => void,
  signal: AbortSignal,
): Promise<Uploaded> {
  const total = file.size;
  const hashed = (done: number): void => {
    onStep({ kind: 'hashing', done, total });
  };
  hashed(0);
  const path = `/exports/uploads/${await hashFile(file, hashed, signal)}`;
  const before = await patiently({ path, file, signal }, onStep, () => standing(path, signal));
  if (before.id !== null) return { id: before.id, isKnown: true };
  let sent = before.offset;
  try {
    const id = await patiently({ path, file, signal }, onStep, async () => {
      const { id: made, offset } = await standing(path, signal);
      return (
        made ??
        sendRest({ path, file, from: offset, signal }, (done) => {
          sent = done;
          onStep({ kind: 'sending', done, total });
        })
      );
    });
    return { id, isKnown: false };
  } catch (error) {
    // Nobody goes on with it: nothing of it stays with the service.
    if (signal.aborted && sent > 0) await send(path, { method: 'DELETE' }).catch(() => undefined);
    throw error;
  }
}

type Target = Omit<Part, 'from'>;

/** Again and again, with longer and longer pauses, while nobody answers. */
async function patiently<T>(
  { file, signal }: Target,
  onStep: (step: UploadStep) => void,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !isWorthAnotherTry(error) || failures > MOST_FAILURES) throw error;
      const seconds = Math.min(FIRST_WAIT_S * 2 ** (failures - 1), LONGEST_WAIT_S);
      onStep({ kind: 'waiting', total: file.size, seconds, reason: asProblem(error).detail });
      await pause(seconds, signal);
    }
  }
}

async function sendRest(part: Part, onSent: (sent: number) => void): Promise<string> {
  for (let { from } = part; ; from += PART_BYTES) {
    const id = await sendPart({ ...part, from }, onSent);
    if (id !== null) return id;
  }
}

interface Standing {
  readonly offset: number;
  /** The export, when all of it is here. */
  readonly id: string | null;
}

async function standing(path: string, signal: AbortSignal): Promise<Standing> {
  const { headers } = await send(path, { method: 'HEAD', signal });
  const isComplete = headers.get('upload-complete') === COMPLETE;
  return {
    offset: Number(headers.get('upload-offset') ?? 0),
    id: isComplete ? (headers.get('location')?.split('/').at(-1) ?? null) : null,
  };
}

interface Part {
  readonly path: string;
  readonly file: File;
  readonly from: number;
  readonly signal: AbortSignal;
}

/**
 * XMLHttpRequest, because fetch does not tell how much has been sent.
 *
 * @returns the export, when this was the last part
 */
function sendPart(
  { path, file, from, signal }: Part,
  onSent: (sent: number) => void,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PATCH', address(path, { file_name: file.name.slice(-200) }));
    const headers = {
      ...authorization(),
      'Content-Type': 'application/octet-stream',
      'Upload-Offset': String(from),
      'Upload-Length': String(file.size),
    };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => {
      onSent(from + loaded);
    };
    request.onload = () => {
      if (request.status === 401) keyStore.needed();
      if (request.status === 204) resolve(null);
      else if (request.status >= 200 && request.status < 300)
        resolve((JSON.parse(request.responseText) as { export_id: string }).export_id);
      else reject(problemFrom(request.status, request.statusText, request.responseText));
    };
    request.onerror = () => {
      reject(unreachable());
    };
    request.onabort = () => {
      reject(cancelled());
    };
    signal.addEventListener('abort', () => {
      request.abort();
    });
    request.send(file.slice(from, from + PART_BYTES));
  });
}

/** Nobody answered, somebody in between has, or the parts do not fit together: the service says where to go on. */
const TRANSIENT = [0, 408, 409, 429, 502, 503, 504];

const isWorthAnotherTry = (error: unknown): boolean =>
  error instanceof ProblemError && TRANSIENT.includes(asProblem(error).status);

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(cancelled());
    });
  });
}
