/** Result of {@link unescapeJson}; one shared instance, valid until the next call. */
export interface Unescaped {
  /** Position behind the last byte written. */
  end: number;
  /** Half surrogate pairs that were replaced by U+FFFD. */
  loneSurrogates: number;
}

const result: Unescaped = { end: 0, loneSurrogates: 0 };

const SIMPLE = new Uint8Array(256);
SIMPLE[34] = 34;
SIMPLE[92] = 92;
SIMPLE[47] = 47;
SIMPLE[98] = 8;
SIMPLE[102] = 12;
SIMPLE[110] = 10;
SIMPLE[114] = 13;
SIMPLE[116] = 9;

function hex4(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const c = bytes[i];
    value = value * 16 + (c <= 57 ? c - 48 : (c | 32) - 87);
  }
  return value;
}

/** Writes a code point as UTF-8 and returns the position after it. */
function writeUtf8(target: Uint8Array, at: number, code: number): number {
  let p = at;
  if (code < 0x80) {
    target[p++] = code;
  } else if (code < 0x800) {
    target[p++] = 0xc0 | (code >> 6);
    target[p++] = 0x80 | (code & 63);
  } else {
    if (code < 0x10000) {
      target[p++] = 0xe0 | (code >> 12);
    } else {
      target[p++] = 0xf0 | (code >> 18);
      target[p++] = 0x80 | ((code >> 12) & 63);
    }
    target[p++] = 0x80 | ((code >> 6) & 63);
    target[p++] = 0x80 | (code & 63);
  }
  return p;
}

/**
 * Resolves the escapes of a JSON string body that the scanner has checked, into UTF-8 bytes of `target` from `at` on
 * (at least as many as the body has: no escape grows). UTF-8 cannot hold half a surrogate pair, and neither can anything that reads our
 * output, so a lone one becomes U+FFFD and is counted.
 */
export function unescapeJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at = 0,
): Unescaped {
  let out = at;
  let lone = 0;
  let p = start;
  while (p < end) {
    const c = bytes[p];
    if (c !== 92) {
      target[out++] = c;
      p++;
      continue;
    }
    const escape = bytes[p + 1];
    if (escape !== 117) {
      target[out++] = SIMPLE[escape];
      p += 2;
      continue;
    }
    let code = hex4(bytes, p + 2);
    p += 6;
    if (code >= 0xd800 && code <= 0xdfff) {
      const paired = code < 0xdc00 && p + 6 <= end && bytes[p] === 92 && bytes[p + 1] === 117;
      const low = paired ? hex4(bytes, p + 2) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
      } else {
        code = 0xfffd;
        lone++;
      }
    }
    out = writeUtf8(target, out, code);
  }
  result.end = out;
  result.loneSurrogates = lone;
  return result;
}
