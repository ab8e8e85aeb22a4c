import { setPriority } from 'node:os';
import { parentPort, workerData, type Transferable } from 'node:worker_threads';
import type { TaskReply, TaskStart, ThreadSettings } from '../platform/compute/protocol.js';
import { AppError, serializeError } from '../shared/errors.js';

export interface TaskOutput<Output> {
  readonly output: Output;
  readonly transfer?: Transferable[];
}

export type ReportProgress = (fraction: number, message: string) => void;

/** Waits for the one task this thread was started for, runs it and answers with a result or an error, never with silence. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names what the thread is given
export function runTask<Input, Output>(
  task: (input: Input, report: ReportProgress) => TaskOutput<Output> | Promise<TaskOutput<Output>>,
): void {
  if (parentPort === null) throw new AppError('internal', 'A worker entry was run outside a worker thread.');
  const port = parentPort;
  stepBack(workerData as ThreadSettings | null);
  const post = (reply: TaskReply<Output>, transfer: Transferable[] = []): void => {
    port.postMessage(reply, transfer);
  };
  const run = async ({ input }: TaskStart<Input>): Promise<void> => {
    try {
      const { output, transfer } = await task(input, (fraction, message) => {
        post({ type: 'progress', fraction, message });
      });
      post({ type: 'result', output }, transfer);
    } catch (error) {
      post({ type: 'error', error: serializeError(error) });
    }
  };
  port.once('message', (start: TaskStart<Input>) => void run(start));
}

/** On Linux 0 means the calling thread. Threads that it starts inherit its priority. */
function stepBack(settings: ThreadSettings | null): void {
  const niceness = settings?.niceness ?? 0;
  if (niceness > 0) setPriority(0, niceness);
}
