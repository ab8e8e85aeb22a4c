import { State } from './state';
import { scanString } from './strings';
import { skipSpace } from './values';

// The bytes between two values of a record (comma, white space, key, colon) repeat from record to record. They are
// taken apart once, then kept as a literal with the field they announce and the literals that came after them.
// Recognising one is a comparison of all its bytes, so a match proves what tokenising would find.
//
// An entry is 128 bytes: length, slot, mask of its first 32 bytes, two most recent followers, then the literal.
const ENTRY: usize = 128;
const LENGTH: usize = 0;
const SLOT: usize = 4;
const MASK: usize = 8;
const FOLLOWER: usize = 12;
const SECOND: usize = 16;
const LITERAL: usize = 20;
const MAX_LITERAL: usize = 96;
const MAX_ENTRIES: usize = 64;
/** Slot of the literal that closes a record. */
export const END_SLOT: i32 = -2;

/** Size of the table: the entries, one for "a record begins", one for a literal that is not kept. */
export const KEYS_BYTES: usize = (MAX_ENTRIES + 2) * ENTRY;

/** Names of the known fields with their length in front, in the order of FIELD_NAMES. */
const FIELD_NAMES: usize = memory.data<u8>([
  9, 116, 105, 109, 101, 115, 116, 97, 109, 112, 0, 0, 0, 0, 0, 0, 7, 109, 101, 115, 115, 97, 103, 101, 0, 0,
  0, 0, 0, 0, 0, 0, 12, 112, 114, 111, 99, 101, 115, 115, 95, 110, 97, 109, 101, 0, 0, 0, 7, 112, 114, 111,
  103, 114, 97, 109, 0, 0, 0, 0, 0, 0, 0, 0, 6, 115, 111, 117, 114, 99, 101, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
  108, 111, 103, 95, 108, 101, 118, 101, 108, 0, 0, 0, 0, 0, 0, 5, 108, 101, 118, 101, 108, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 9, 100, 101, 118, 105, 99, 101, 95, 105, 100, 0, 0, 0, 0, 0, 0, 9, 100, 101, 118, 105, 99, 101,
  95, 105, 112, 0, 0, 0, 0, 0, 0, 8, 104, 111, 115, 116, 110, 97, 109, 101, 0, 0, 0, 0, 0, 0, 0, 4, 104, 111,
  115, 116, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, 114, 97, 119, 95, 109, 101, 115, 115, 97, 103, 101, 0, 0, 0,
  0,
]);
const FIELD_COUNT: i32 = 12;

let entries: usize = 0;

export function clearKeys(): void {
  memory.fill(State.keys, 0, KEYS_BYTES);
  entries = 0;
}

/** Slot of the field whose name is exactly [start, end), -1 for a field nobody reads. */
function findSlot(start: usize, end: usize): i32 {
  const length = <i32>(end - start);
  for (let slot = 0; slot < FIELD_COUNT; slot++) {
    const name = FIELD_NAMES + <usize>slot * 16;
    if (<i32>load<u8>(name) == length && memory.compare(name + 1, start, end - start) == 0) return slot;
  }
  return -1;
}

function matches(entry: usize, p: usize): bool {
  const mask = load<u32>(entry, MASK);
  const low = i8x16.bitmask(i8x16.eq(v128.load(entry, LITERAL), v128.load(p)));
  const high = i8x16.bitmask(i8x16.eq(v128.load(entry, LITERAL + 16), v128.load(p, 16)));
  if (((low | (high << 16)) & mask) != mask) return false;
  const length = <usize>load<u32>(entry, LENGTH);
  return length <= 32 || memory.compare(entry + LITERAL + 32, p + 32, length - 32) == 0;
}

export function keyLength(entry: usize): usize {
  return <usize>load<u32>(entry, LENGTH);
}

export function keySlot(entry: usize): i32 {
  return load<i32>(entry, SLOT);
}

/** The entry that stands for "a record begins". */
export function recordStart(): usize {
  return State.keys;
}

/** The literal at `p`, which follows that of `entry` and its value. 0 when there is none within the input. */
export function nextKey(entry: usize, p: usize, end: usize): usize {
  const follower = <usize>load<u32>(entry, FOLLOWER);
  // Unused entries have no bytes and would match anything.
  if (follower != 0 && matches(follower, p)) return follower;
  return otherKey(entry, p, end);
}

function otherKey(entry: usize, p: usize, end: usize): usize {
  const second = <usize>load<u32>(entry, SECOND);
  let found = second != 0 && matches(second, p) ? second : 0;
  if (found == 0) {
    found = tokenise(p, end, entry == State.keys);
    if (found == 0) return 0;
    // A literal that could not be kept is in the spare entry, which changes under whoever remembers it.
    if (found == State.keys + ENTRY) return found;
  }
  if (entry != State.keys + ENTRY) {
    store<u32>(entry, load<u32>(entry, FOLLOWER), SECOND);
    store<u32>(entry, <u32>found, FOLLOWER);
  }
  return found;
}

/** Takes the literal at `p` apart by the grammar and finds or makes its entry. */
function tokenise(start: usize, end: usize, opens: bool): usize {
  let p = start;
  let slot = END_SLOT;
  if (!opens) p = skipSpace(p);
  const c = load<u8>(p);
  if (!opens && c == 125) {
    p++;
  } else {
    if (c != (opens ? <u8>123 : <u8>44)) return 0;
    p = skipSpace(p + 1);
    if (load<u8>(p) != 34) return 0;
    const name = p + 1;
    p = scanString(name);
    // A key may be written with escapes: the twin resolves it.
    if (p == 0 || State.kind != 1) return 0;
    slot = findSlot(name, p - 1);
    p = skipSpace(p);
    if (load<u8>(p) != 58) return 0;
    p = skipSpace(p + 1);
  }
  // Never learn from what lies behind the input.
  if (p >= end && slot != END_SLOT) return 0;
  return keep(start, p - start, slot);
}

function keep(start: usize, length: usize, slot: i32): usize {
  let entry = State.keys + 2 * ENTRY;
  for (let i: usize = 0; i < entries; i++) {
    if (keyLength(entry) == length && memory.compare(entry + LITERAL, start, length) == 0) return entry;
    entry += ENTRY;
  }
  const keeps = length <= MAX_LITERAL && entries < MAX_ENTRIES;
  if (!keeps) entry = State.keys + ENTRY;
  store<u32>(entry, <u32>length, LENGTH);
  store<i32>(entry, slot, SLOT);
  if (!keeps) return entry;
  entries++;
  store<u32>(entry, length >= 32 ? 0xffffffff : (1 << (<u32>length)) - 1, MASK);
  memory.copy(entry + LITERAL, start, length);
  return entry;
}
