import { AppError } from '../shared/errors.js';

const POLL_MS = 200;
const MIB = 1 << 20;
/** What the process takes at rest is not charged to its runs; more than this is not rest. */
const AT_REST_LIMIT_MB = 256;

interface WatchedRun {
  readonly limitMb: number;
  readonly stop: (error: AppError) => void;
}

/**
 * Watches the memory of the process, because most of a training's memory is typed arrays, which lie outside of the
 * JavaScript heap and its limits. The runs of a process share it: together they may take the sum of their budgets on
 * top of what the process took at rest; beyond that the run begun last is stopped.
 */
class MemoryWatch {
  private readonly runs: WatchedRun[] = [];
  private timer: NodeJS.Timeout | undefined;
  private atRestMb = AT_REST_LIMIT_MB;

  constructor(private readonly rssMb: () => number) {}

  /** @returns ends the watch over this run */
  begin(limitMb: number, stop: (error: AppError) => void): () => void {
    if (this.runs.length === 0) this.atRestMb = Math.min(this.atRestMb, this.rssMb());
    const run: WatchedRun = { limitMb, stop };
    this.runs.push(run);
    this.timer ??= setInterval(() => {
      this.look();
    }, POLL_MS);
    return () => {
      const at = this.runs.indexOf(run);
      if (at >= 0) this.runs.splice(at, 1);
      if (this.runs.length > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  private look(): void {
    const used = this.rssMb() - this.atRestMb;
    const budget = this.runs.reduce((sum, { limitMb }) => sum + limitMb, 0);
    if (used <= budget) return;
    const last = this.runs.pop();
    last?.stop(memoryLimitError(last.limitMb));
  }
}

export function memoryLimitError(limitMb: number): AppError {
  return new AppError(
    'memory_limit',
    `The training needed more memory than training.max_memory_usage (${limitMb} MB) and was stopped.`,
    { hint: 'Raise training.max_memory_usage, or train on a shorter date range.' },
  );
}

export const memoryWatch = new MemoryWatch(() => process.memoryUsage.rss() / MIB);
