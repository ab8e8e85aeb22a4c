// Text as bytes [p, end). Loads may reach up to 32 bytes beyond `end` (the memory goes on); what they find there is
// never used.

export function isDigit(byte: u32): bool {
  return byte - 48 < 10;
}

export function isCapital(byte: u32): bool {
  return byte - 65 < 26;
}

/** Whether `length` bytes at `a` and `b` are the same. */
export function equal(a: usize, b: usize, length: i32): bool {
  while (length > 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
    a += 16;
    b += 16;
    length -= 16;
  }
  const differs = ~i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
  return (differs & ((1 << length) - 1)) == 0;
}

/** First occurrence of the text that lies wholly in [p, end), or 0. */
export function find(p: usize, end: usize, text: usize, length: i32): usize {
  const first = i8x16.splat(load<i8>(text));
  const last = i8x16.splat(load<i8>(text + length - 1));
  while (p + length <= end) {
    let mask = i8x16.bitmask(
      v128.and(i8x16.eq(v128.load(p), first), i8x16.eq(v128.load(p + length - 1), last)),
    );
    while (mask != 0) {
      const at = p + ctz(mask);
      if (at + length > end) return 0;
      if (equal(at, text, length)) return at;
      mask &= mask - 1;
    }
    p += 16;
  }
  return 0;
}

/** First place of the two bytes `a` `b` in [p, end), or 0. */
export function findPair(p: usize, end: usize, a: i8, b: i8): usize {
  const first = i8x16.splat(a);
  const second = i8x16.splat(b);
  for (; p + 2 <= end; p += 16) {
    const mask = i8x16.bitmask(v128.and(i8x16.eq(v128.load(p), first), i8x16.eq(v128.load(p + 1), second)));
    if (mask != 0) {
      const at = p + ctz(mask);
      return at + 2 <= end ? at : 0;
    }
  }
  return 0;
}

/** Whether [p, end) contains "error" or "fail" in any case. Both are found by a pair that is rare: "rr" and "fa". */
export function saysError(start: usize, end: usize): bool {
  const lower = i8x16.splat(0x20);
  const r = i8x16.splat(0x72);
  const f = i8x16.splat(0x66);
  const a = i8x16.splat(0x61);
  for (let p = start; p + 4 <= end; p += 16) {
    const here = v128.or(v128.load(p), lower);
    const next = v128.or(v128.load(p + 1), lower);
    const pairs = v128.or(
      v128.and(i8x16.eq(here, r), i8x16.eq(next, r)),
      v128.and(i8x16.eq(here, f), i8x16.eq(next, a)),
    );
    if (!v128.any_true(pairs)) continue;
    for (let mask = i8x16.bitmask(pairs); mask != 0; mask &= mask - 1) {
      const at = p + ctz(mask);
      const word = load<u32>(at) | 0x20202020;
      if (word == 0x6c696166 && at + 4 <= end) return true; // "fail"
      // "rror" with an "e" in front of it.
      if (word == 0x726f7272 && at > start && (load<u8>(at - 1) | 0x20) == 0x65 && at + 4 <= end) return true;
    }
  }
  return false;
}

/** The 48-bit address written at `at`, or -1. */
export function parseMac(at: usize, end: usize): i64 {
  if (at + 17 > end) return -1;
  const separator = load<u8>(at + 2);
  if (separator != 58 && separator != 45) return -1;
  const text = v128.load(at);
  const wrong = i8x16.ne(text, i8x16.splat(separator));
  // Separators are every third byte; the last of the 17 bytes is a digit.
  if ((i8x16.bitmask(wrong) & 0x4924) != 0) return -1;
  const shifted = v128.load(at + 1);
  // Upper and lower digits, the last octet first: a little-endian number of six bytes.
  const high = digits(i8x16.shuffle(text, text, 15, 12, 9, 6, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  const low = digits(i8x16.shuffle(text, shifted, 31, 13, 10, 7, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
  if (i8x16.bitmask(v128.or(high, low)) != 0) return -1;
  return i64x2.extract_lane(v128.or(i16x8.shl(high, 4), low), 0) & 0xffffffffffff;
}

/** Values of hexadecimal digits; 255 where there is none. */
function digits(text: v128): v128 {
  const decimal = i8x16.sub(text, i8x16.splat(48));
  const letter = i8x16.sub(v128.or(text, i8x16.splat(0x20)), i8x16.splat(97));
  const isDecimal = i8x16.lt_u(decimal, i8x16.splat(10));
  const isLetter = i8x16.lt_u(letter, i8x16.splat(6));
  const value = v128.bitselect(decimal, i8x16.add(letter, i8x16.splat(10)), isDecimal);
  return v128.or(value, v128.not(v128.or(isDecimal, isLetter)));
}

/** The first address in [p, end), or -1. */
export function findMac(p: usize, end: usize): i64 {
  const colon = i8x16.splat(58);
  const dash = i8x16.splat(45);
  for (; p + 17 <= end; p += 16) {
    const second = v128.load(p + 2);
    const fifth = v128.load(p + 5);
    const eighth = v128.load(p + 8);
    let mask = i8x16.bitmask(
      v128.or(
        v128.and(v128.and(i8x16.eq(second, colon), i8x16.eq(fifth, colon)), i8x16.eq(eighth, colon)),
        v128.and(v128.and(i8x16.eq(second, dash), i8x16.eq(fifth, dash)), i8x16.eq(eighth, dash)),
      ),
    );
    for (; mask != 0; mask &= mask - 1) {
      const mac = parseMac(p + ctz(mask), end);
      if (mac >= 0) return mac;
    }
  }
  return -1;
}

/** What {@link integerAt} gives where there is no number. */
export const NO_NUMBER: i64 = i64.MIN_VALUE;

/** Integer written at `at`, of up to 15 digits. */
export function integerAt(at: usize, end: usize): i64 {
  const negative = at < end && load<u8>(at) == 45;
  const first = negative ? at + 1 : at;
  let p = first;
  let value: i64 = 0;
  while (p < end && p - first < 15) {
    const digit = <u32>load<u8>(p) - 48;
    if (digit > 9) break;
    value = value * 10 + digit;
    p++;
  }
  if (p == first) return NO_NUMBER;
  return negative ? -value : value;
}
