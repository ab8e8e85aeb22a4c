import type { NameTable } from './name-table.js';
import type { RecordBatch } from './record-batch.js';
import { isWifiProgram } from './wifi-programs.js';

export interface RowFilterOptions {
  /** First millisecond kept; nothing = no lower bound. */
  readonly startMs?: number | null;
  /** First millisecond not kept any more; nothing = no upper bound. */
  readonly endMs?: number | null;
  /** Programs to keep, in any case; nothing = all. */
  readonly programs?: Iterable<string> | null;
}

/** What {@link RowFilter.kinds} says about a program. */
export const PROGRAM = {
  /** Left out by the program filter. */
  dropped: 0,
  plain: 1,
  wifi: 2,
  /** `syslog`: the message tells whether it is a WiFi line. */
  byMessage: 3,
} as const;

/** Date range and programs. Each program is looked at once, when its number is first used. */
export class RowFilter {
  readonly startMs: number;
  readonly endMs: number;
  /** {@link PROGRAM} by program number. */
  kinds = new Uint8Array(64);
  private known = 0;
  private readonly programs: ReadonlySet<string> | null;

  constructor(options: RowFilterOptions) {
    this.startMs = options.startMs ?? -Infinity;
    this.endMs = options.endMs ?? Infinity;
    const { programs = null } = options;
    this.programs = programs === null ? null : new Set([...programs].map((name) => name.toLowerCase()));
  }

  /** Decides about the programs that are new in the table. */
  learn(programs: NameTable): void {
    if (programs.size > this.kinds.length) {
      const larger = new Uint8Array(Math.max(programs.size, this.kinds.length * 2));
      larger.set(this.kinds);
      this.kinds = larger;
    }
    for (; this.known < programs.size; this.known++) {
      this.kinds[this.known] = this.kind(programs.name(this.known));
    }
  }

  /** Whether one row passes; the program is one of those learned. */
  passes(batch: RecordBatch, row: number): boolean {
    const ms = batch.timeMs[row];
    return ms >= this.startMs && ms < this.endMs && this.kinds[batch.program[row]] !== PROGRAM.dropped;
  }

  private kind(program: string): number {
    if (this.programs !== null && !this.programs.has(program.toLowerCase())) return PROGRAM.dropped;
    if (program === 'syslog') return PROGRAM.byMessage;
    return isWifiProgram(program) ? PROGRAM.wifi : PROGRAM.plain;
  }
}

const UPPER = Array.from('WLCEVENTD', (char) => char.charCodeAt(0));

/** Whether the message begins with `WLCEVENTD` or `wlceventd` (see isWifiLine). */
export function startsWithWlceventd(batch: RecordBatch, row: number): boolean {
  const start = batch.messageStart[row];
  if (batch.messageEnd[row] - start < UPPER.length) return false;
  // All upper case or all lower case, which sets one bit more in each letter.
  const lowered = batch.bytes[start] - UPPER[0];
  if (lowered !== 0 && lowered !== 32) return false;
  for (let i = 1; i < UPPER.length; i++) {
    if (batch.bytes[start + i] !== UPPER[i] + lowered) return false;
  }
  return true;
}
