import type { AggregatorState } from '../aggregator-state.js';
import { renumber } from '../aggregator-state.js';
import { SlotSets } from '../slot-sets.js';
import { TextNumbers } from '../text-numbers.js';
import { MAX_DISTINCT } from '../window-slots.js';
import type { MessageTally } from './agent-rule.js';

/** Sums of the open windows: a growing matrix, one row a window ("slot"), one column a sum. */
export class WindowTally implements MessageTally {
  private sums: Float64Array;
  /** Texts behind the numbers of `seen`: the column, a space, and what was found. */
  private readonly texts = new TextNumbers();
  private readonly seen = new SlotSets(false, 4);
  /** The windows of the message being read: one, or several when they overlap. */
  private readonly slots: number[] = [];

  constructor(private readonly columns: number) {
    this.sums = new Float64Array(columns * 64);
  }

  /** Makes room for a slot and empties it. */
  clear(slot: number): void {
    while ((slot + 1) * this.columns > this.sums.length) {
      const sums = new Float64Array(this.sums.length * 2);
      sums.set(this.sums);
      this.sums = sums;
    }
    this.row(slot).fill(0);
    this.seen.openSlot(slot);
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
    const id = this.texts.number(`${column} ${text}`);
    for (const slot of this.slots) this.addText(slot, column, id);
  }

  /** The sums of one slot; shared, not a copy. */
  row(slot: number): Float64Array {
    return this.sums.subarray(slot * this.columns, (slot + 1) * this.columns);
  }

  /** Distinct texts held. */
  get textCount(): number {
    return this.texts.size;
  }

  /** Forgets the texts that only slots marked 1 have; `open` are the others. */
  dropSlots(closed: Uint8Array, open: Int32Array): void {
    this.seen.dropSlots(closed);
    const used = new Uint8Array(this.texts.limit);
    for (const id of this.seen.export(open).ids) used[id] = 1;
    this.texts.retain(used);
  }

  export(open: Int32Array): Pick<AggregatorState, 'sums' | 'sets' | 'texts'> {
    const sums = new Float64Array(open.length * this.columns);
    open.forEach((slot, row) => {
      sums.set(this.row(slot), row * this.columns);
    });
    return { sums, sets: [this.seen.export(open)], texts: this.texts.list() };
  }

  /** Adds the sums of another part to our slots of the same windows. */
  absorb({ sums, sets, texts }: AggregatorState, slots: Int32Array): void {
    const { columns } = this;
    slots.forEach((slot, row) => {
      for (let i = 0; i < columns; i++) this.sums[slot * columns + i] += sums[row * columns + i];
    });
    const number = renumber(texts, (text) => this.texts.number(text));
    const [{ slots: rows, ids }] = sets;
    const columnOf = (id: number): number => parseInt(texts[id], 10);
    // The distinct counts of both sides are in the sums: the other side's is taken out, and counted again text by text.
    for (let i = 0; i < rows.length; i++) this.sums[slots[rows[i]] * columns + columnOf(ids[i])]--;
    for (let i = 0; i < rows.length; i++) this.addText(slots[rows[i]], columnOf(ids[i]), number(ids[i]));
  }

  private addText(slot: number, column: number, id: number): void {
    const at = slot * this.columns + column;
    // The smaller of the distinct count and the limit: the same in any order and for any split.
    if (this.sums[at] < MAX_DISTINCT && this.seen.add(slot, id, 1) === 1) this.sums[at]++;
  }
}
