import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteFilter } from './byte-filter.js';
import { beginningSlot, keywordFinder, type KeywordFinder } from './keyword-finder.js';
import { RULE_LISTS } from './event-rule-lists.js';

/** All [keyword, position] pairs, by the tables alone. */
function occurrences(finder: KeywordFinder, text: string): string[] {
  const { beginnings, slotBits, columnOf, rowBits, next, firstOutput, outputs } = finder;
  const found: string[] = [];
  for (let at = 0; at + 4 <= text.length; at++) {
    const key = [0, 1, 2, 3].reduce((sum, i) => sum + text.charCodeAt(at + i) * 256 ** i, 0);
    let slot = beginningSlot(key);
    while (beginnings[slot * 2] !== key && beginnings[slot * 2] !== 0) slot = (slot + 1) % (1 << slotBits);
    let state = beginnings[slot * 2 + 1];
    for (let to = at + 4; state !== 0; to++) {
      if (state >= firstOutput) {
        found.push(...outputs[state - firstOutput].map((keyword) => `${keyword}@${at}`));
      }
      if (to >= text.length) break;
      state = next[(state << rowBits) + columnOf[text.charCodeAt(to)]];
    }
  }
  return found.sort();
}

const passes = (filter: Uint8Array, text: string): boolean => {
  let groups = 255;
  for (let i = 0; i * 32 < filter.length; i++) {
    const code = text.charCodeAt(i);
    groups &= filter[i * 32 + (code & 15)] & filter[i * 32 + 16 + (code >> 4)];
  }
  return groups !== 0;
};

describe('keywordFinder', () => {
  it('finds what a search for each keyword finds, also within each other', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', ' '), minLength: 4, maxLength: 7 });
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1, maxLength: 12 }),
        fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'c'), maxLength: 60 }),
        (keywords, text) => {
          const expected = keywords.flatMap((keyword, index) =>
            Array.from(text, (_, at) => (text.startsWith(keyword, at) ? `${index}@${at}` : '')),
          );
          expect(occurrences(keywordFinder(keywords), text)).toEqual(
            expected.filter((hit) => hit !== '').sort(),
          );
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it('tells apart two rows with the same text', () => {
    expect(occurrences(keywordFinder(['same', 'same', 'sameness']), 'sameness')).toEqual([
      '0@0',
      '1@0',
      '2@0',
    ]);
  });

  it('refuses what its tables cannot hold', () => {
    expect(() => keywordFinder(['abc'])).toThrow('"abc"');
    expect(() => keywordFinder(['Café'])).toThrow(RangeError);
    expect(() => keywordFinder(Array.from({ length: 300 }, (_, i) => `k${i + 100}`))).toThrow(
      '300 beginnings',
    );
  });
});

describe('byteFilter', () => {
  it('lets every beginning pass, and few others, for each list of rules', () => {
    for (const { rules, programs } of RULE_LISTS) {
      const beginnings = [
        ...new Set(rules.flatMap((rule) => rule.needles.map((needle) => needle.slice(0, 4)))),
      ];
      const filter = byteFilter(beginnings);
      expect(beginnings.filter((beginning) => !passes(filter, beginning))).toEqual([]);
      const letters = 'abcdefghijklmnopqrstuvwxyz';
      let others = 0;
      for (let i = 0; i < 26 ** 3; i++) {
        const text = [i, i / 26, i / 676, i * 7].map((x) => letters[Math.floor(x) % 26]).join('');
        if (passes(filter, text)) others++;
      }
      // Random small letters, the worst there is; one group of all would let half of the places pass.
      expect(others / 26 ** 3, programs.join()).toBeLessThan(0.12);
    }
  });
});
