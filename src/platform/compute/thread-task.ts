import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type Transferable } from 'node:worker_threads';
import { AppError, deserializeError } from '../../shared/errors.js';
import type { TaskReply, TaskStart, ThreadSettings, WorkerName } from './protocol.js';
import { BUILT_WORKERS, WORKERS } from './worker-files.js';

export interface ThreadTaskOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number, message: string) => void;
  readonly transfer?: Transferable[];
  /** Upper bound of the thread's JavaScript heap in MiB; the thread fails, the process lives. */
  readonly maxHeapMb?: number;
}

function workerFile(name: WorkerName): string {
  for (const directory of [WORKERS, BUILT_WORKERS]) {
    const file = fileURLToPath(new URL(`${name}.worker.js`, directory));
    if (existsSync(file)) return file;
  }
  throw new AppError('internal', `Worker thread entry ${name}.worker.js is not built.`, {
    hint: 'Run "npm run build" first.',
  });
}

/** Upper bound of the heap of every thread begun from now on, MiB; undefined = V8's own. */
let heapLimitMb: number | undefined;

/** A heap that grows without end then ends its thread, not the process. The highest limit of the process counts. */
export function limitThreadHeaps(maxHeapMb: number): void {
  heapLimitMb = Math.max(maxHeapMb, heapLimitMb ?? 0);
}

/** Nice value of every thread begun from now on; 0 = like the process. */
let niceness = 0;

/**
 * Threads step back behind the thread that answers requests. Only Linux knows priorities of threads; elsewhere nothing
 * changes.
 */
export function lowerThreads(nice: number): void {
  niceness = process.platform === 'linux' ? nice : 0;
}

function newThread(name: WorkerName, maxHeapMb = heapLimitMb): Worker {
  const workerData: ThreadSettings = { niceness };
  return new Worker(workerFile(name), {
    workerData,
    resourceLimits: maxHeapMb === undefined ? {} : { maxOldGenerationSizeMb: maxHeapMb },
  });
}

/** Threads that have loaded their code and wait for a task, one of a name at most. */
const ahead = new Map<WorkerName, Worker>();

/**
 * Starts the thread of a task that will come soon: starting takes as long as a small training. The next
 * {@link runInThread} of this name gets it. It keeps no process alive.
 */
export function startAhead(name: WorkerName): void {
  if (ahead.has(name)) return;
  const worker = newThread(name);
  ahead.set(name, worker);
  const forget = (): void => {
    if (ahead.get(name) === worker) ahead.delete(name);
  };
  // A thread that cannot start says so to whoever starts the next one.
  worker.on('error', forget);
  worker.on('exit', forget);
  worker.unref();
}

/** Ends what {@link startAhead} has started and nobody has taken. */
export function endAhead(): void {
  for (const worker of ahead.values()) void worker.terminate();
  ahead.clear();
}

function takeAhead(name: WorkerName): Worker | undefined {
  const worker = ahead.get(name);
  ahead.delete(name);
  worker?.removeAllListeners();
  worker?.ref();
  return worker;
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
    const worker = threadFor(name, maxHeapMb);
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
    const start: TaskStart<Input> = { input };
    worker.postMessage(start, transfer);
  });
}

/** One that waits already, unless the heap is to have a bound, which only a new thread can be given. */
function threadFor(name: WorkerName, maxHeapMb: number | undefined): Worker {
  return maxHeapMb === undefined ? (takeAhead(name) ?? newThread(name)) : newThread(name, maxHeapMb);
}

function threadFailure(name: WorkerName, error: unknown): AppError {
  const outOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (!outOfMemory)
    return new AppError('internal', `The ${name} thread failed: ${String(error)}`, { cause: error });
  return new AppError('memory_limit', `The ${name} thread needed more memory than it may use.`, {
    cause: error,
    hint: 'Raise training.max_memory_usage, or train on a shorter date range.',
  });
}
