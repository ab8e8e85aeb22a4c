import { Worker } from 'node:worker_threads';
import type { TaskReply, TaskStart } from '../platform/compute/protocol.js';
import { WORKERS } from '../platform/compute/worker-files.js';
import { AppError, deserializeError } from '../shared/errors.js';

/** A task in a thread of its own, started by a thread; it ends with the thread that started it. */
export interface SubTask<Output> {
  readonly output: Promise<Output>;
  /** Ends it now; `output` then rejects, which nobody needs to handle. */
  stop(): void;
}

/** Starts `<name>.worker.js`. The new thread runs also while this one computes. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names what the entry point takes
export function startSubTask<Input, Output>(name: string, input: Input): SubTask<Output> {
  const worker = new Worker(new URL(`${name}.worker.js`, WORKERS));
  const output = new Promise<Output>((resolve, reject) => {
    worker.on('message', (reply: TaskReply<Output>) => {
      if (reply.type === 'progress') return;
      if (reply.type === 'result') resolve(reply.output);
      else reject(deserializeError(reply.error));
      // Its memory is given back now, not when the thread that started it ends.
      void worker.terminate();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      reject(new AppError('internal', `The ${name} thread ended with code ${code} before it answered.`));
    });
  });
  output.catch(() => undefined);
  const start: TaskStart<Input> = { input };
  worker.postMessage(start);
  return {
    output,
    stop: () => {
      void worker.terminate();
    },
  };
}
