import { canonicalJson } from '../../shared/digest.js';
import { runInThread, type ThreadTaskOptions } from './thread-task.js';
import type { WorkerName } from './protocol.js';

interface Begun {
  readonly key: string;
  readonly output: Promise<unknown>;
  readonly stop: AbortController;
  onProgress: ThreadTaskOptions['onProgress'];
}

let begun: Begun | null = null;

const keyOf = (name: WorkerName, input: unknown): string => `${name} ${canonicalJson(input)}`;

/**
 * Starts a thread before the code that will ask for it is loaded: a command reads its export while the framework and
 * the database start. Whoever calls {@link runEarlyOrNow} with the same task gets this run of it.
 *
 * @param input plain data
 * @returns ends the task, unless somebody has taken it; call it when the command is over
 */
export function beginEarly(name: WorkerName, input: unknown): () => void {
  const stop = new AbortController();
  const task: Begun = {
    key: keyOf(name, input),
    stop,
    onProgress: undefined,
    output: runInThread(name, input, {
      signal: stop.signal,
      onProgress: (fraction, message) => task.onProgress?.(fraction, message),
    }),
  };
  // Its failure belongs to whoever takes it; until then it is nobody's unhandled rejection.
  task.output.catch(() => undefined);
  begun = task;
  return () => {
    if (begun !== task) return;
    begun = null;
    stop.abort();
  };
}

/** {@link runInThread}, or the run of the very same task that {@link beginEarly} has started. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names what the entry point takes
export function runEarlyOrNow<Input, Output>(
  name: WorkerName,
  input: Input,
  options: ThreadTaskOptions = {},
): Promise<Output> {
  const task = begun;
  if (task?.key !== keyOf(name, input)) return runInThread<Input, Output>(name, input, options);
  begun = null;
  const { signal, onProgress } = options;
  task.onProgress = onProgress;
  const onAbort = (): void => {
    task.stop.abort(signal?.reason);
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return (task.output as Promise<Output>).finally(() => {
    signal?.removeEventListener('abort', onAbort);
  });
}
