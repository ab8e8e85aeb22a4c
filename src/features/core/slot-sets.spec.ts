import { describe, expect, it } from 'vitest';
import { EarliestWindows } from './earliest-windows.js';
import { PairCounter } from './pair-counter.js';
import { SlotSets } from './slot-sets.js';
import { TextNumbers } from './text-numbers.js';
import { WindowIndex } from './window-index.js';
import { WindowRows } from './window-rows.js';

/** A 48-bit address; every pair of neighbours is alike in its low half or in its high half. */
const address = (i: number): number => (i % 7) * 2 ** 40 + Math.floor(i / 7);

describe('PairCounter', () => {
  it('forgets the pairs of closed slots and gives their memory back', () => {
    const counter = new PairCounter(true);
    for (let slot = 0; slot < 100; slot++) {
      for (let i = 0; i < 100; i++) counter.add(slot, address(i), slot + 1);
    }
    const { capacity } = counter;
    const closed = new Uint8Array(100).fill(1, 0, 99);
    counter.dropSlots(closed);
    expect(counter.size).toBe(100);
    expect(counter.capacity).toBeLessThan(capacity / 4);
    expect(counter.add(99, address(5))).toBe(101);
    expect(counter.add(98, address(5))).toBe(1);
  });
});

describe('SlotSets', () => {
  it.each([true, false])(
    'answers like a map, in the small tables and beyond them (counted: %s)',
    (counted) => {
      const sets = new SlotSets(counted, 2);
      const expected = new Map<string, number>();
      for (let slot = 0; slot < 40; slot++) sets.openSlot(slot);
      for (let i = 0; i < 20_000; i++) {
        const [slot, id] = [(i * 7919) % 40, address((i * 104_729) % 61)];
        const count = (expected.get(`${slot} ${id}`) ?? 0) + 1;
        expected.set(`${slot} ${id}`, count);
        const answer = counted ? count : Math.min(count, 2);
        if (sets.add(slot, id, 1) !== answer)
          throw new Error(`slot ${slot}, id ${id} is not counted ${answer} times`);
      }
      const state = sets.export(Int32Array.of(7, 3));
      const found = new Map<string, number>();
      state.slots.forEach((row, i) =>
        found.set(`${[7, 3][row]} ${state.ids[i]}`, counted ? state.counts[i] : 1),
      );
      const wanted = [...expected]
        .filter(([key]) => /^(7|3) /.test(key))
        .map(([key, n]) => [key, counted ? n : 1]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
    },
  );

  it('counts new ids of a column up to the limit', () => {
    const sets = new SlotSets(false, 2);
    sets.openSlot(0);
    sets.openSlot(1);
    const column = Float64Array.of(5, -1, 5, 6, 2 ** 47, 7, 8, 9, 5);
    const lines = {
      count: 9,
      rows: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8),
      slots: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1),
    };
    const counters = new Int32Array(6);
    sets.countNew(lines, column, counters, { stride: 3, column: 1, limit: 5 });
    expect([...counters]).toEqual([0, 5, 0, 0, 1, 0]); // 5, 6, 2^47, 7, 8, and no 9
  });

  it('begins anew with a slot that is opened again', () => {
    const sets = new SlotSets(false, 2);
    sets.openSlot(0);
    for (let id = 0; id < 20; id++) sets.add(0, id, 1);
    sets.dropSlots(Uint8Array.of(1));
    sets.openSlot(0);
    for (let id = 0; id < 20; id++) expect(sets.add(0, id, 1)).toBe(1);
  });
});

describe('WindowIndex', () => {
  it('finds windows like a map, before 1970 and beyond 32 bits too', () => {
    const index = new WindowIndex();
    const expected = new Map<string, number>();
    for (let i = 1; i <= 5000; i++) {
      const [owner, window] = [i % 13, ((i * 7919) % 997) - 300 + (i % 3) * 2 ** 40];
      index.set(owner, window, i % 2 === 0 ? i : -i);
      expected.set(`${owner} ${window}`, i % 2 === 0 ? i : -i);
    }
    const found = new Map<string, number>();
    index.forEach((owner, window, value) => {
      found.set(`${owner} ${window}`, value);
      if (index.get(owner, window) !== value) throw new Error(`window ${window} of ${owner} is not found`);
    });
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
    expect([index.get(99, 0), index.get(0, -301)]).toEqual([0, 0]);
  });
});

describe('WindowRows', () => {
  const fill = (rows: WindowRows, values: readonly number[]): number[] =>
    values.map((value) => {
      const row = rows.append();
      rows.floats[rows.block(row)][rows.offset(row)] = value;
      return row;
    });
  const read = (rows: WindowRows, row: number): number => rows.floats[rows.block(row)][rows.offset(row)];
  const values = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

  it('takes over the blocks of another store and goes on', () => {
    const [ours, theirs] = [new WindowRows(2, 1), new WindowRows(2, 1)];
    const first = fill(ours, values(0, 1500));
    fill(theirs, values(5000, 1100));
    const { blocks, position } = theirs.export();
    expect(position(1099)).toBe(1099);
    expect(blocks.map(({ byteLength }) => byteLength)).toEqual([1024 * 12, 76 * 12]);
    const adopted: number[] = [];
    ours.adopt(blocks, (row, at) => (adopted[at] = row));
    const last = fill(ours, values(9000, 10));
    expect([...first, ...adopted, ...last].map((row) => read(ours, row))).toEqual([
      ...values(0, 1500),
      ...values(5000, 1100),
      ...values(9000, 10),
    ]);
    expect(ours.size).toBe(2610);
    // Handed on once more: the rows stay in their order.
    const again = ours.export();
    expect(again.position(last[9])).toBe(2609);
    expect(again.blocks.map(({ byteLength }) => byteLength / 12)).toEqual([1024, 476, 1024, 76, 10]);
  });

  it('lets a block go when its last row has been read', () => {
    const rows = new WindowRows(1, 0);
    const all = fill(rows, values(0, 1025));
    for (const row of all.slice(0, 1023)) rows.release(row);
    expect(read(rows, all[1023])).toBe(1023);
    rows.release(all[1023]);
    expect(rows.floats.map(({ length }) => length)).toEqual([0, 1024]);
  });
});

describe('TextNumbers', () => {
  it('gives the numbers of forgotten texts out again', () => {
    const texts = new TextNumbers();
    expect(['a', 'b', 'c', 'b'].map((text) => texts.number(text))).toEqual([0, 1, 2, 1]);
    texts.retain(Uint8Array.of(1, 0, 1));
    expect([texts.size, texts.limit]).toEqual([2, 3]);
    expect(['d', 'a', 'b'].map((text) => texts.number(text))).toEqual([1, 0, 3]);
    expect(texts.list()).toEqual(['a', 'd', 'c', 'b']);
  });
});

describe('EarliestWindows', () => {
  it('remembers the earliest window of each pair, also across growth', () => {
    const earliest = new EarliestWindows();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3000; i++) earliest.note(i % 7, i, i * [5, 3, 4][round]);
    }
    let pairs = 0;
    earliest.forEach((owner, id, window) => {
      pairs++;
      if (owner !== id % 7 || window !== id * 3) throw new Error(`pair ${owner}, ${id} has window ${window}`);
    });
    expect(pairs).toBe(3000);
  });
});
