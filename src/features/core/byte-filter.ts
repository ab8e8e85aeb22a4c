/**
 * A filter of places where one of many beginnings may stand, for 16 places at a time, after "Teddy" of the Hyperscan
 * library (Wang et al., NSDI 2019): the beginnings are put into eight groups, a bit each, and for each of their bytes
 * two tables of 16 entries tell which groups have a byte with that lower half, or upper half. Where all tables agree
 * on a group one of its beginnings may stand; others pass too, the fewer the more alike those of a group are.
 *
 * Groups by lower half, then by upper half, of the first byte, then of the second, ...
 */
export function byteFilter(beginnings: readonly string[]): Uint8Array {
  const length = beginnings[0].length;
  const filter = new Uint8Array(length * 32);
  groupsOf(beginnings).forEach((members, group) => {
    for (const member of members) {
      for (let i = 0; i < length; i++) {
        const code = member.charCodeAt(i);
        filter[i * 32 + (code & 15)] |= 1 << group;
        filter[i * 32 + 16 + (code >> 4)] |= 1 << group;
      }
    }
  });
  return filter;
}

const GROUPS = 8;
/** Times that the beginnings are distributed again. */
const ROUNDS = 1;

/** About how often a character stands in log messages; only the proportions count. */
function frequency(code: number): number {
  if (code === 0x20) return 8;
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)) return 4;
  if (code === 0x3a || code === 0x2e) return 2;
  return code >= 0x41 && code <= 0x5a ? 1 : 0.5;
}

/** Sum of the frequencies of the characters with an upper half and any of a set of lower ones, eight at a time. */
const SUMS = Float64Array.from({ length: 8 * 2 * 256 }, (_, index) => {
  const upper = index >> 9;
  const eight = (index >> 8) & 1;
  let sum = 0;
  for (let bit = 0; bit < 8; bit++) {
    if (((index >> bit) & 1) !== 0) sum += frequency((upper << 4) | (eight << 3) | bit) / 4;
  }
  return sum;
});

/** The halves that the bytes of the members have, as bit sets: lower of the first byte, upper of the first, ... */
type Halves = Int32Array;

const halvesOf = (text: string): Halves =>
  Int32Array.from({ length: text.length * 2 }, (_, index) => {
    const code = text.charCodeAt(index >> 1);
    return 1 << (index % 2 === 0 ? code & 15 : code >> 4);
  });

/** How many texts pass that have these halves or those, frequent ones counted more. */
function passing(these: Halves, those: Halves): number {
  let product = 1;
  for (let i = 0; i < these.length; i += 2) {
    const lower = these[i] | those[i];
    const upper = these[i + 1] | those[i + 1];
    let sum = 0;
    for (let half = 0; half < 8; half++) {
      if (((upper >> half) & 1) === 0) continue;
      sum += SUMS[(half << 9) | (lower & 255)] + SUMS[(half << 9) | 256 | (lower >> 8)];
    }
    product *= sum;
  }
  return product;
}

/** The beginnings in groups: each into the one that then lets the fewest more pass, the most frequent ones first. */
function groupsOf(beginnings: readonly string[]): readonly (readonly string[])[] {
  const items = beginnings.map((text) => ({ text, halves: halvesOf(text), group: -1 }));
  const alone = new Map(items.map(({ text, halves }) => [text, passing(halves, halves)]));
  items.sort((a, b) => (alone.get(b.text) ?? 0) - (alone.get(a.text) ?? 0) || (a.text < b.text ? -1 : 1));
  const union = Array.from({ length: GROUPS }, () => new Int32Array(beginnings[0].length * 2));
  // Repeated: every beginning is put where it fits best, once there are others to compare with.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const item of items) {
      const left = item.group;
      if (left >= 0) {
        item.group = -1;
        union[left].fill(0);
        for (const { group, halves } of items) if (group === left) add(union[left], halves);
      }
      item.group = bestGroup(union, item.halves);
      add(union[item.group], item.halves);
    }
  }
  return union.map((_, group) => items.filter((item) => item.group === group).map(({ text }) => text));
}

function bestGroup(union: readonly Halves[], halves: Halves): number {
  let best = 0;
  let least = Infinity;
  union.forEach((group, index) => {
    const more = passing(group, halves) - passing(group, group);
    if (more >= least) return;
    least = more;
    best = index;
  });
  return best;
}

function add(union: Halves, halves: Halves): void {
  for (let i = 0; i < union.length; i++) union[i] |= halves[i];
}
