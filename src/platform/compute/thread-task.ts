import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type Transferable } from 'node:worker_threads';
import { AppError, deserializeError } from '../../shared/errors.js';
import type { TaskReply, WorkerName } from './protocol.js';

export interface ThreadTaskOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number, message: string) => void;
  readonly transfer?: Transferable[];
  /** Upper bound of the thread's JavaScript heap in MiB; the thread fails, the process lives. */
  readonly maxHeapMb?: number;
}

/**
 * Entry points are always the built ones: from `dist` this file sits beside them; from TypeScript source (tests) the
 * built twin is used, which the test set-up has made.
 */
function workerFile(name: WorkerName): string {
  const beside = fileURLToPath(new URL(`../../workers/${name}.worker.js`, import.meta.url));
  if (existsSync(beside)) return beside;
  const built = fileURLToPath(new URL(`../../../dist/src/workers/${name}.worker.js`, import.meta.url));
  if (existsSync(built)) return built;
  throw new AppError('internal', `Worker thread entry ${name}.worker.js is not built.`, {
    hint: 'Run "npm run build" first.',
  });
}

function cancelledError(signal: AbortSignal): AppError {
  return signal.reason instanceof AppError
    ? signal.reason
    : new AppError('cancelled', 'The work was interrupted before it finished.', { cause: signal.reason });
}

/**
 * Runs one task in a fresh worker thread and resolves with its output. An abort ends the thread at once; an error in
 * the thread arrives here with its code, message and hint.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names what the entry point takes
export function runInThread<Input, Output>(
  name: WorkerName,
  input: Input,
  options: ThreadTaskOptions = {},
): Promise<Output> {
  const { signal, onProgress, transfer, maxHeapMb } = options;
  if (signal?.aborted) return Promise.reject(cancelledError(signal));
  return new Promise<Output>((resolve, reject) => {
    const worker = new Worker(workerFile(name), {
      workerData: { input },
      transferList: transfer,
      resourceLimits: maxHeapMb === undefined ? undefined : { maxOldGenerationSizeMb: maxHeapMb },
    });
    let settled = false;
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', onAbort);
      void worker.terminate();
      finish();
    };
    const onAbort = (): void => {
      settle(() => {
        reject(cancelledError(signal!));
      });
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.on('message', (reply: TaskReply<Output>) => {
      if (reply.type === 'progress') {
        if (!settled) onProgress?.(reply.fraction, reply.message);
      } else if (reply.type === 'result')
        settle(() => {
          resolve(reply.output);
        });
      else
        settle(() => {
          reject(deserializeError(reply.error));
        });
    });
    worker.on('error', (error) => {
      settle(() => {
        reject(threadFailure(name, error));
      });
    });
    worker.on('exit', (code) => {
      settle(() => {
        reject(new AppError('internal', `The ${name} thread ended with code ${code} before it answered.`));
      });
    });
  });
}

function threadFailure(name: WorkerName, error: unknown): AppError {
  const outOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (!outOfMemory)
    return new AppError('internal', `The ${name} thread failed: ${String(error)}`, { cause: error });
  return new AppError('internal', `The ${name} thread needed more memory than it may use.`, {
    cause: error,
    hint: 'Raise training.max_memory_usage, or train on a shorter date range.',
  });
}
