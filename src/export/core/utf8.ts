/**
 * Whether bytes [start, end) are well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing
 * above U+10FFFF, nothing cut off.
 */
export function isValidUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at++];
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (at + more > end) return false;
    // The second byte alone decides overlong forms, surrogates and the upper bound.
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (bytes[at] < low || bytes[at] > high) return false;
    for (let i = 1; i < more; i++) {
      if ((bytes[at + i] & 0xc0) !== 0x80) return false;
    }
    at += more;
  }
  return true;
}
