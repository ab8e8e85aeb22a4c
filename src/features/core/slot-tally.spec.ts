import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FirstSeen } from './first-seen.js';
import { SlotTally } from './slot-tally.js';

const LIMIT = 20;
const sum = (a: number, b: number): number => a + b;

const keys = fc.array(fc.record({ slot: fc.nat(2), address: fc.nat(300), tag: fc.nat(2) }), {
  maxLength: 400,
});
type Keys = readonly { slot: number; address: number; tag: number }[];

function tally(list: Keys): SlotTally {
  const made = new SlotTally(sum, LIMIT);
  for (let slot = 0; slot < 3; slot++) made.openSlot(slot);
  for (const { slot, address, tag } of list) made.put(slot, address, tag, 1);
  return made;
}

function content(made: SlotTally): unknown {
  return [0, 1, 2].map((slot) => {
    const entries: string[] = [];
    made.visit(slot, (address, tag, value) => entries.push(`${address} ${tag}: ${value}`));
    return { level: made.level(slot), size: made.size(slot), entries: entries.sort() };
  });
}

describe('numbers by address of a slot', () => {
  it('are the same in any order, for any split, and never more than the limit', () => {
    fc.assert(
      fc.property(keys, fc.nat(400), (list, cut) => {
        const expected = content(tally(list));
        expect(content(tally([...list].reverse()))).toEqual(expected);
        const [first, second] = [tally(list.slice(0, cut)), tally(list.slice(cut))];
        first.absorb(second.export(Int32Array.of(0, 1, 2)), Int32Array.of(0, 1, 2));
        expect(content(first)).toEqual(expected);
        for (let slot = 0; slot < 3; slot++) expect(first.size(slot)).toBeLessThanOrEqual(LIMIT);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('follow every address while they are few, and count each occurrence', () => {
    const made = tally(Array.from({ length: 60 }, (_, i) => ({ slot: 1, address: i % LIMIT, tag: 0 })));
    expect(made.level(1)).toBe(0);
    const values: number[] = [];
    made.visit(1, (_address, _tag, value) => values.push(value));
    expect(values).toEqual(Array.from({ length: LIMIT }, () => 3));
  });

  it('estimate how large a flood was', () => {
    const made = new SlotTally(sum, 512);
    made.openSlot(0);
    for (let i = 0; i < 100_000; i++) made.put(0, i * 7919, 0, 1);
    const estimate = made.size(0) * 2 ** made.level(0);
    expect(Math.abs(estimate / 100_000 - 1)).toBeLessThan(0.2);
  });

  it('are gone with their slot, and others stay', () => {
    const made = tally(Array.from({ length: 30 }, (_, i) => ({ slot: i % 3, address: i, tag: 0 })));
    made.empty(1);
    expect(made.size(1)).toBe(0);
    made.put(1, 5, 0, 9);
    expect(content(made)).toMatchObject([{ size: 10 }, { size: 1, entries: ['5 0: 9'] }, { size: 10 }]);
  });
});

describe('first times of addresses', () => {
  const state = (seen: FirstSeen): unknown => {
    const entries: string[] = [];
    seen.forEach((owner, id, timeMs) => entries.push(`${owner} ${id} ${timeMs}`));
    return { level: seen.level, entries: entries.sort() };
  };
  const notes = fc.array(fc.tuple(fc.nat(3), fc.nat(200), fc.nat(1000)), { maxLength: 300 });

  it('are the same in any order, for any split, and never more than the limit', () => {
    fc.assert(
      fc.property(notes, fc.nat(300), (list, cut) => {
        const seen = (part: typeof list): FirstSeen => {
          const made = new FirstSeen(LIMIT);
          for (const [owner, id, timeMs] of part) made.note(owner, id, timeMs);
          return made;
        };
        const expected = state(seen(list));
        expect(state(seen([...list].reverse()))).toEqual(expected);
        const first = seen(list.slice(0, cut));
        first.absorb(seen(list.slice(cut)).export(), (owner) => owner);
        expect(state(first)).toEqual(expected);
        expect(first.size).toBeLessThanOrEqual(LIMIT);
      }),
      { seed: 6, numRuns: 200 },
    );
  });
});
