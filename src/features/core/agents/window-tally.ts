import { Interner, PairCounter } from '../pair-counter.js';
import type { MessageTally } from './agent-rule.js';

/** Sums of the non-empty windows: a growing matrix, one row a window ("slot"), one column a sum. */
export class WindowTally implements MessageTally {
  count = 0;
  private sums: Float64Array;
  private readonly texts = new Interner<string>();
  private readonly seen = new PairCounter();
  /** The windows of the message being read: one, or several when they overlap. */
  private readonly slots: number[] = [];

  constructor(private readonly columns: number) {
    this.sums = new Float64Array(columns * 64);
  }

  /** New empty slot; returns its number. */
  create(): number {
    const slot = this.count++;
    if (this.count * this.columns > this.sums.length) {
      const sums = new Float64Array(this.sums.length * 2);
      sums.set(this.sums);
      this.sums = sums;
    }
    return slot;
  }

  /** Begins a message: what follows is added to the slots that are included next. */
  begin(): void {
    this.slots.length = 0;
  }

  include(slot: number): void {
    this.slots.push(slot);
  }

  add(column: number, amount: number): void {
    for (const slot of this.slots) this.sums[slot * this.columns + column] += amount;
  }

  addDistinct(column: number, text: string): void {
    // A key of its own for each column, so that equal texts of two columns do not meet.
    const id = this.texts.id(`${column} ${text}`);
    for (const slot of this.slots) {
      if (this.seen.add(slot, id) === 1) this.sums[slot * this.columns + column]++;
    }
  }

  /** The sums of one slot; shared, not a copy. */
  row(slot: number): Float64Array {
    return this.sums.subarray(slot * this.columns, (slot + 1) * this.columns);
  }
}
