import { formatTimestamp } from '../../export/core/timestamp.js';

/**
 * A line belongs to a window whose sums were given up already: the input is out of order by more than the horizon
 * (window-ledger.ts), or its parts overlap. Whoever reads the input starts over with `keepAll`, which takes any order.
 */
export class WindowReopened extends Error {
  constructor(
    readonly device: string,
    readonly startMs: number,
  ) {
    super(`Lines of ${device} for the window of ${formatTimestamp(startMs)} come far out of order.`);
    this.name = 'WindowReopened';
  }
}
