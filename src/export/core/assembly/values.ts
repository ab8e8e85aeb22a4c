import { scanString } from './strings';
import { Kind, State } from './state';

// Every function returns the position behind the value, or 0 when it is not valid JSON or needs the twin's eyes. None
// looks for the end of the input: the quotes behind it stop them.

export function skipSpace(start: usize): usize {
  let p = start;
  let c = load<u8>(p);
  while (c == 32 || c == 10 || c == 13 || c == 9) c = load<u8>(++p);
  return p;
}

function skipDigits(start: usize): usize {
  let p = start;
  while (<u32>load<u8>(p) - 48 <= 9) p++;
  return p;
}

function scanNumber(start: usize): usize {
  const first = start + <usize>(load<u8>(start) == 45);
  let p = skipDigits(first);
  if (p == first || (load<u8>(first) == 48 && p > first + 1)) return 0;
  if (load<u8>(p) == 46) {
    const fraction = p + 1;
    p = skipDigits(fraction);
    if (p == fraction) return 0;
  }
  if ((load<u8>(p) | 32) == 101) {
    p++;
    const sign = load<u8>(p);
    if (sign == 43 || sign == 45) p++;
    const exponent = p;
    p = skipDigits(exponent);
    if (p == exponent) return 0;
  }
  State.kind = Kind.number;
  return p;
}

function scanWord(p: usize): usize {
  const word = load<u32>(p);
  // "null", "true", "fals" + "e" as they lie in memory.
  if (word == 0x6c6c756e) {
    State.kind = Kind.nil;
    return p + 4;
  }
  State.kind = Kind.other;
  if (word == 0x65757274) return p + 4;
  return word == 0x736c6166 && load<u8>(p, 4) == 101 ? p + 5 : 0;
}

/** Behind a key and its colon: the position of the value. */
function scanMemberKey(p: usize): usize {
  if (load<u8>(p) != 34) return 0;
  const after = scanString(p + 1);
  if (after == 0) return 0;
  const colon = skipSpace(after);
  return load<u8>(colon) == 58 ? skipSpace(colon + 1) : 0;
}

function scanScalar(p: usize): usize {
  const c = <u32>load<u8>(p);
  if (c == 34) return scanString(p + 1);
  return c - 48 <= 9 || c == 45 ? scanNumber(p) : scanWord(p);
}

/** An object or array inside of a record; one bit a level tells which of them is open. */
function scanContainer(start: usize): usize {
  let p = start;
  let depth = 0;
  let objects: u64 = 0;
  while (true) {
    const c = load<u8>(p);
    if (c == 123 || c == 91) {
      depth++;
      if (depth + 1 > State.maxDepth) return 0;
      objects = (objects << 1) | (<u64>(c == 123));
      p = skipSpace(p + 1);
      // The closing brackets lie two after the opening ones in ASCII.
      if (load<u8>(p) != c + 2) {
        if (c == 123) {
          p = scanMemberKey(p);
          if (p == 0) return 0;
        }
        continue;
      }
      objects >>= 1;
      depth--;
      p++;
    } else {
      p = scanScalar(p);
      if (p == 0) return 0;
    }
    while (true) {
      if (depth == 0) return p;
      p = skipSpace(p);
      const isObject = (objects & 1) != 0;
      const d = load<u8>(p);
      if (d == (isObject ? <u8>125 : <u8>93)) {
        objects >>= 1;
        depth--;
        p++;
        continue;
      }
      if (d != 44) return 0;
      p = skipSpace(p + 1);
      if (isObject) {
        p = scanMemberKey(p);
        if (p == 0) return 0;
      }
      break;
    }
  }
}

/** Any value inside of a record; leaves its kind in State.kind. */
export function scanValue(p: usize): usize {
  const c = <u32>load<u8>(p);
  if (c == 34) return scanString(p + 1);
  if (c - 48 <= 9 || c == 45) return scanNumber(p);
  if (c == 123 || c == 91) {
    const after = scanContainer(p);
    State.kind = Kind.other;
    return after;
  }
  return scanWord(p);
}
