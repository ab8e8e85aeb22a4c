/**
 * Whether bytes [start, end) are well-formed UTF-8 (Unicode 15, table 3-7). ASCII is passed over 16 bytes at a time:
 * a text with one emoji is mostly ASCII.
 */
export function isValidUtf8(start: usize, end: usize): bool {
  let at = start;
  while (at < end) {
    if (at + 16 <= end && !i8x16.bitmask(v128.load(at))) {
      at += 16;
      continue;
    }
    const lead = <u32>load<u8>(at++);
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const more: usize = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (at + more > end) return false;
    // The second byte alone decides overlong forms, surrogates and the upper bound.
    const low: u32 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const high: u32 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    const second = <u32>load<u8>(at);
    if (second < low || second > high) return false;
    for (let i: usize = 1; i < more; i++) {
      if ((load<u8>(at + i) & 0xc0) != 0x80) return false;
    }
    at += more;
  }
  return true;
}
