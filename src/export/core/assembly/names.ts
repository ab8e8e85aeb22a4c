import { intern } from './host';
import { State } from './state';

// Devices, programs and levels repeat in almost each record: their bytes are looked up in a table, and only what is new
// is asked of the host, which decodes and numbers it.
//
// An entry is 64 bytes: tag (kind and length), answer, 8 free, then up to 48 bytes of the name, padded with zeros. A name
// is in one of two neighbouring entries, the latest in the one that is looked at first: two names that take turns must
// not be asked for each time.
const ENTRY_BITS: usize = 6;
const ENTRY_BYTES: usize = 1 << ENTRY_BITS;
const SLOT_BITS: u64 = 12;
const NAME: usize = 16;
const MAX_NAME: usize = 48;

export const NAMES_BYTES: usize = 1 << (12 + 6);

/** The answers beside a number; NO_NAME and BAD_NAME of name-rules.ts. */
export const NO_NAME: i32 = -2;
export const BAD_NAME: i32 = -1;

export function clearNames(): void {
  memory.fill(State.names, 0, NAMES_BYTES);
}

/** `bytes` low bytes of a word. */
function lowBytes(word: u64, bytes: usize): u64 {
  return bytes >= 8 ? word : word & (((<u64>1) << (<u64>bytes * 8)) - 1);
}

/** Number of the name in [start, end), which is valid UTF-8 without escapes. */
export function lookup(kind: i32, start: usize, end: usize): i32 {
  const length = end - start;
  if (length == 0) return NO_NAME;
  if (length > MAX_NAME) return BAD_NAME;
  const first = lowBytes(load<u64>(start), length);
  const last = length > 8 ? load<u64>(end - 8) : 0;
  const tag = (<u32>((kind + 1) << 8)) | (<u32>length);
  const hash = (first ^ rotl<u64>(last, 23) ^ (<u64>tag)) * 0x9e3779b97f4a7c15;
  const entry = State.names + ((<usize>(hash >> (64 - SLOT_BITS))) << ENTRY_BITS);
  if (load<u32>(entry) == tag && sameBytes(entry + NAME, start, length)) return load<i32>(entry, 4);
  const other = entry ^ ENTRY_BYTES;
  if (load<u32>(other) == tag && sameBytes(other + NAME, start, length)) return load<i32>(other, 4);
  const id = intern(kind, start, end);
  memory.copy(other, entry, ENTRY_BYTES);
  store<u32>(entry, tag);
  store<i32>(entry, id, 4);
  memory.copy(entry + NAME, start, length);
  return id;
}

function sameBytes(name: usize, start: usize, length: usize): bool {
  let left = length;
  let a = name;
  let b = start;
  while (left > 16) {
    if (i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) != 0xffff) return false;
    a += 16;
    b += 16;
    left -= 16;
  }
  const mask = (1 << (<i32>left)) - 1;
  return (i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) & mask) == mask;
}
