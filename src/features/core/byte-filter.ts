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
/** Times that every beginning is put where it fits best, once there are others to compare with. */
const ROUNDS = 2;

/** About how often a character stands in log messages; only the proportions count. */
function frequency(code: number): number {
  if (code === 0x20) return 8;
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)) return 4;
  if (code === 0x3a || code === 0x2e) return 2;
  return code >= 0x41 && code <= 0x5a ? 1 : 0.5;
}

const FREQUENCIES = Float64Array.from({ length: 128 }, (_, code) => frequency(code) / 4);

/** The beginnings in groups: each into the one that then lets the fewest more pass, the most frequent ones first. */
function groupsOf(beginnings: readonly string[]): readonly (readonly string[])[] {
  const alone = new Map(beginnings.map((beginning) => [beginning, passing([beginning])]));
  const order = [...beginnings].sort((a, b) => (alone.get(b) ?? 0) - (alone.get(a) ?? 0) || (a < b ? -1 : 1));
  const groups: string[][] = Array.from({ length: GROUPS }, () => []);
  const pass = new Float64Array(GROUPS);
  const put = (beginning: string): void => {
    let best = 0;
    let least = Infinity;
    for (let group = 0; group < GROUPS; group++) {
      const more = passing([...groups[group], beginning]) - pass[group];
      if (more >= least) continue;
      least = more;
      best = group;
    }
    groups[best].push(beginning);
    pass[best] += least;
  };
  order.forEach(put);
  for (let round = 0; round < ROUNDS; round++) {
    for (const beginning of order) {
      const group = groups.findIndex((members) => members.includes(beginning));
      groups[group] = groups[group].filter((member) => member !== beginning);
      pass[group] = passing(groups[group]);
      put(beginning);
    }
  }
  return groups;
}

/** How many texts of that length a group lets pass, frequent ones counted more. */
function passing(members: readonly string[]): number {
  if (members.length === 0) return 0;
  let product = 1;
  for (let i = 0; i < members[0].length; i++) {
    let lower = 0;
    let upper = 0;
    for (const member of members) {
      const code = member.charCodeAt(i);
      lower |= 1 << (code & 15);
      upper |= 1 << (code >> 4);
    }
    let sum = 0;
    for (let code = 0; code < 128; code++) {
      if (((lower >> (code & 15)) & (upper >> (code >> 4)) & 1) !== 0) sum += FREQUENCIES[code];
    }
    product *= sum;
  }
  return product;
}
