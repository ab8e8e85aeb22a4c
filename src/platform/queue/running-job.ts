import { performance } from 'node:perf_hooks';
import { JobAbortedError, type JobAbortReason } from './job-queue.js';

/** How long a handler may take to react to a shutdown before its job is queued again without it. */
const SHUTDOWN_SETTLE_MS = 2_000;

/** One job in one handler of this process: its abort signal and how sure we are of the lock. */
export class RunningJob {
  private readonly controller = new AbortController();
  /** Monotonic time of the last proof that the lock is ours. The wall clock may jump. */
  private lockSeenAt = performance.now();

  constructor(readonly jobId: string) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get abortReason(): JobAbortReason | undefined {
    const reason: unknown = this.signal.reason;
    return reason instanceof JobAbortedError ? reason.reason : undefined;
  }

  lockRenewed(): void {
    this.lockSeenAt = performance.now();
  }

  /** Nobody confirmed the lock for longer than it lasts: another worker may hold it. */
  lockOutdated(lockMs: number): boolean {
    return performance.now() - this.lockSeenAt > lockMs;
  }

  /** The first reason wins. */
  abort(reason: JobAbortReason): void {
    if (!this.signal.aborted) this.controller.abort(new JobAbortedError(reason));
  }

  /** Waits for `work`, but after a shutdown no longer than the settle time: a deaf handler must not block the exit. */
  async settle(work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const abandoned = new Promise<never>((_, reject) => {
      const onAbort = (): void => {
        if (this.abortReason !== 'shutdown') return;
        timer = setTimeout(() => {
          reject(new JobAbortedError('shutdown'));
        }, SHUTDOWN_SETTLE_MS);
      };
      this.signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      await Promise.race([work, abandoned]);
    } finally {
      clearTimeout(timer);
    }
  }
}
