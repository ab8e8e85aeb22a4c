import { Kind, State } from './state';
import { isValidUtf8 } from './utf8';

const QUOTE: u8 = 34;
const BACKSLASH: u8 = 92;
const LETTER_U: u8 = 117;

/** What a one-letter escape stands for, 0 = no such escape. Indexed by the letter. */
const SIMPLE: usize = memory.data<u8>([
  // prettier-ignore
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 34, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 92, 0, 0, 0, 0, 0, 8, 0, 0, 0, 12, 0, 0, 0, 0,
  0, 0, 0, 10, 0, 0, 0, 13, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0,
]);

/** Value of four hexadecimal digits, -1 when one is none. */
function hex4(at: usize): i32 {
  let value = 0;
  for (let i: usize = 0; i < 4; i++) {
    const c = <u32>load<u8>(at + i);
    let digit = c - 48;
    if (digit > 9) {
      digit = (c | 32) - 97;
      if (digit > 5) return -1;
      digit += 10;
    }
    value = (value << 4) | (<i32>digit);
  }
  return value;
}

/**
 * Checks the JSON string whose first byte behind the opening quote is at `start`. Returns the position behind the
 * closing quote, or 0 when the string is not valid (control character, unknown escape, malformed UTF-8). Its kind is
 * left in State.kind. The bytes behind the input end the search: 64 quotes.
 */
export function scanString(start: usize): usize {
  const quotes = i8x16.splat(34);
  const backslashes = i8x16.splat(92);
  const space = i8x16.splat(32);
  let kind = Kind.plain;
  let high = false;
  let p = start;
  while (true) {
    const v = v128.load(p);
    let special = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(v, quotes), i8x16.eq(v, backslashes)), i8x16.lt_s(v, space)),
    );
    let next = p + 16;
    while (special != 0) {
      const at = ctz(special);
      const q = p + <usize>at;
      const c = load<u8>(q);
      if (c == QUOTE) {
        State.kind = kind;
        return !high || isValidUtf8(start, q) ? q + 1 : 0;
      }
      if (c >= 128) {
        high = true;
        special &= special - 1;
        continue;
      }
      if (c != BACKSLASH) return 0;
      kind = Kind.escaped;
      const letter = load<u8>(q, 1);
      if (letter == LETTER_U) {
        if (hex4(q + 2) < 0) return 0;
        next = q + 6;
        break;
      }
      if (load<u8>(SIMPLE + <usize>letter) == 0) return 0;
      if (at == 15) next = p + 17;
      special &= ~(3 << at);
    }
    p = next;
  }
  return 0;
}

function writeUtf8(at: usize, code: u32): usize {
  let p = at;
  if (code < 0x80) {
    store<u8>(p++, <u8>code);
  } else if (code < 0x800) {
    store<u8>(p++, <u8>(0xc0 | (code >> 6)));
    store<u8>(p++, <u8>(0x80 | (code & 63)));
  } else {
    if (code < 0x10000) {
      store<u8>(p++, <u8>(0xe0 | (code >> 12)));
    } else {
      store<u8>(p++, <u8>(0xf0 | (code >> 18)));
      store<u8>(p++, <u8>(0x80 | ((code >> 12) & 63)));
    }
    store<u8>(p++, <u8>(0x80 | ((code >> 6) & 63)));
    store<u8>(p++, <u8>(0x80 | (code & 63)));
  }
  return p;
}

/**
 * Resolves the escapes of a checked string body into `target`, which has room for as many bytes and 16 more. Returns
 * the position behind the text, or 0 when it holds half a surrogate pair: that is to be reported.
 */
export function unescapeInto(start: usize, end: usize, target: usize): usize {
  const backslashes = i8x16.splat(92);
  let out = target;
  let p = start;
  while (p < end) {
    const v = v128.load(p);
    v128.store(out, v);
    const mask = i8x16.bitmask(i8x16.eq(v, backslashes));
    const plain = mask == 0 ? <usize>16 : <usize>ctz(mask);
    if (p + plain >= end) return out + (end - p);
    out += plain;
    p += plain;
    if (mask == 0) continue;
    const letter = load<u8>(p, 1);
    if (letter != LETTER_U) {
      store<u8>(out++, load<u8>(SIMPLE + <usize>letter));
      p += 2;
      continue;
    }
    let code = <u32>hex4(p + 2);
    p += 6;
    if (code >= 0xd800 && code <= 0xdfff) {
      if (code >= 0xdc00 || p + 6 > end || load<u16>(p) != 0x755c) return 0;
      const low = <u32>hex4(p + 2);
      if (low < 0xdc00 || low > 0xdfff) return 0;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      p += 6;
    }
    out = writeUtf8(out, code);
  }
  return out;
}

/** Resolves doubled quotes of a CSV field into `target`, which has room for as many bytes and 16 more. */
export function undoubleInto(start: usize, end: usize, target: usize): usize {
  const quotes = i8x16.splat(34);
  let out = target;
  let p = start;
  while (p < end) {
    const v = v128.load(p);
    v128.store(out, v);
    const mask = i8x16.bitmask(i8x16.eq(v, quotes));
    const plain = mask == 0 ? <usize>16 : <usize>ctz(mask) + 1;
    if (p + plain >= end) return out + (end - p);
    out += plain;
    // The first quote of a pair is copied, the second is passed over.
    p += plain + <usize>(mask != 0);
  }
  return out;
}
