import { byteFilter } from './byte-filter.js';

/**
 * Tables to find all occurrences of many texts in bytes: a filter (byte-filter.ts) for the places where one may begin,
 * the four bytes that do begin one, and a trie for the rest.
 */
export interface KeywordFinder {
  readonly filter: Uint8Array;
  /**
   * Pairs [first four bytes of a keyword as a little-endian number, state of the trie behind them] in slots
   * ({@link beginningSlot}), the next slot when one is taken; [0, 0] = free.
   */
  readonly beginnings: Uint32Array;
  /** Slots, as a power of two. */
  readonly slotBits: number;
  /** Column of each byte in the trie; bytes of no keyword share column 0. */
  readonly columnOf: Uint8Array;
  /** Columns of a row, as a power of two: child = next[(state << rowBits) + column]; 0 = no child. */
  readonly rowBits: number;
  readonly next: Uint16Array;
  /** States from this one on are the ends of keywords: `outputs[state - firstOutput]`, indexes of them in order. */
  readonly firstOutput: number;
  readonly outputs: readonly (readonly number[])[];
}

export const BEGINNING_LENGTH = 4;
const SLOT_BITS = 9;
const MAX_COLUMNS = 128;
const MAX_STATES = 65_536;

/** Slot of the first four bytes of a keyword: the upper bits of a product. */
export const beginningSlot = (key: number): number => Math.imul(key, 0x9e3779b1) >>> (32 - SLOT_BITS);

/** @throws RangeError for a keyword that is shorter than four characters or not ASCII, or too many of them */
export function keywordFinder(keywords: readonly string[]): KeywordFinder {
  for (const keyword of keywords) {
    if (keyword.length < BEGINNING_LENGTH || !/^[\x01-\x7f]*$/.test(keyword)) {
      throw new RangeError(`Keyword "${keyword}" is not four or more characters of ASCII.`);
    }
  }
  const beginnings = [...new Set(keywords.map((keyword) => keyword.slice(0, BEGINNING_LENGTH)))];
  const columnOf = columns(keywords);
  const rowBits = Math.ceil(Math.log2(Math.max(...columnOf) + 1));
  const trie = trieOf(keywords, columnOf, rowBits);
  const stateOf = (text: string): number =>
    Array.from(text).reduce(
      (state, character) => trie.next[(state << rowBits) + columnOf[character.charCodeAt(0)]],
      0,
    );
  return {
    filter: byteFilter(beginnings),
    beginnings: slots(beginnings, stateOf),
    slotBits: SLOT_BITS,
    columnOf,
    rowBits,
    ...trie,
  };
}

function slots(beginnings: readonly string[], stateOf: (text: string) => number): Uint32Array {
  const table = new Uint32Array(2 << SLOT_BITS);
  if (beginnings.length > 1 << (SLOT_BITS - 1)) throw new RangeError(`${beginnings.length} beginnings.`);
  for (const beginning of beginnings) {
    let key = 0;
    for (let i = 0; i < BEGINNING_LENGTH; i++) key |= beginning.charCodeAt(i) << (8 * i);
    let slot = beginningSlot(key);
    while (table[slot * 2] !== 0) slot = (slot + 1) % (1 << SLOT_BITS);
    table[slot * 2] = key;
    table[slot * 2 + 1] = stateOf(beginning);
  }
  return table;
}

/** A column for each byte that occurs in a keyword. */
function columns(keywords: readonly string[]): Uint8Array {
  const used = new Set(keywords.join(''));
  if (used.size >= MAX_COLUMNS) throw new RangeError(`Keywords of ${used.size} different characters.`);
  const columnOf = new Uint8Array(256);
  [...used].sort().forEach((character, index) => {
    columnOf[character.charCodeAt(0)] = index + 1;
  });
  return columnOf;
}

function trieOf(
  keywords: readonly string[],
  columnOf: Uint8Array,
  rowBits: number,
): Pick<KeywordFinder, 'next' | 'firstOutput' | 'outputs'> {
  const most = 1 + keywords.reduce((sum, keyword) => sum + keyword.length, 0);
  if (most > MAX_STATES) throw new RangeError(`Keywords of ${most} characters.`);
  const child = new Uint16Array(most << rowBits);
  const found: number[][] = [[]];
  /** Cells of the table that have a child; few of each row do. */
  const cells: number[] = [];
  keywords.forEach((keyword, index) => {
    let state = 0;
    for (let i = 0; i < keyword.length; i++) {
      const cell = (state << rowBits) + columnOf[keyword.charCodeAt(i)];
      if (child[cell] === 0) {
        child[cell] = found.push([]) - 1;
        cells.push(cell);
      }
      state = child[cell];
    }
    found[state].push(index);
  });
  const states = Array.from(found.keys());
  const inner = states.filter((state) => found[state].length === 0);
  const final = states.filter((state) => found[state].length > 0);
  const numberOf = new Uint16Array(found.length);
  [...inner, ...final].forEach((state, number) => {
    numberOf[state] = number;
  });
  const next = new Uint16Array(found.length << rowBits);
  const columnMask = (1 << rowBits) - 1;
  for (const cell of cells) {
    next[(numberOf[cell >> rowBits] << rowBits) | (cell & columnMask)] = numberOf[child[cell]];
  }
  return { next, firstOutput: inner.length, outputs: final.map((state) => found[state]) };
}
