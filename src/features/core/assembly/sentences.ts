import { find } from './bytes';
import { conditionsHold } from './conditions';
import {
  LIST_BEGINNINGS,
  LIST_COLUMNS,
  LIST_FILTER,
  LIST_FIRST_OUTPUT,
  LIST_NEEDLES,
  LIST_NEXT,
  LIST_OUTPUTS,
  LIST_ROW_SHIFT,
  LIST_SLOT_BITS,
  NEEDLE_BYTES,
  NEEDLE_LENGTH,
  NEEDLE_TEXT,
  NEEDLE_WHEN,
} from './rule-tables';

/** Needles up to this number, once found, are checked against the few before them without reading on. */
const FEW: u32 = 1;

/** First occurrence of each needle of the list, where its bit in `seen` is set. */
let positions: usize = 0;
// One bit a needle: 256 of them.
let seen0: u64 = 0;
let seen1: u64 = 0;
let seen2: u64 = 0;
let seen3: u64 = 0;
/** Where the needle stands that {@link findSentence} returned. */
export let foundAt: usize = 0;

export function setPositions(at: usize): void {
  positions = at;
}

/** Notes an occurrence unless there was one before. */
function note(id: u32, at: usize): void {
  const bit = (<u64>1) << (id & 63);
  const word = id >> 6;
  if (word == 0) {
    if ((seen0 & bit) != 0) return;
    seen0 |= bit;
  } else if (word == 1) {
    if ((seen1 & bit) != 0) return;
    seen1 |= bit;
  } else if (word == 2) {
    if ((seen2 & bit) != 0) return;
    seen2 |= bit;
  } else {
    if ((seen3 & bit) != 0) return;
    seen3 |= bit;
  }
  store<u32>(positions + ((<usize>id) << 2), <u32>at);
}

/** First needle of the 64 from `base` on that was seen and whose conditions hold, or 0. */
function pick(seen: u64, base: u32, needles: usize, start: usize, end: usize): usize {
  for (; seen != 0; seen &= seen - 1) {
    const id = <usize>(base + <u32>ctz(seen));
    const needle = needles + id * NEEDLE_BYTES;
    const at: usize = load<u32>(positions + (id << 2));
    const when: usize = load<u32>(needle, NEEDLE_WHEN);
    if (when != 0 && !conditionsHold(when, needle, start, at, end)) continue;
    foundAt = at;
    return needle;
  }
  return 0;
}

/**
 * Notes the needles that begin at `at` and end in the state. true: the rest of the message need not be read, because
 * only the needles before this one could still matter, and these have been looked for.
 */
function noteAll(list: usize, state: u32, start: usize, at: usize, end: usize): bool {
  const needles: usize = load<u32>(list, LIST_NEEDLES);
  const outputs: usize = load<u32>(list, LIST_OUTPUTS);
  const ids: usize = load<u32>(outputs + ((<usize>(state - load<u32>(list, LIST_FIRST_OUTPUT))) << 2));
  const count: usize = load<u8>(ids);
  for (let i: usize = 1; i <= count; i++) {
    const id: u32 = load<u8>(ids + i);
    note(id, at);
    if (id > FEW) continue;
    const needle = needles + <usize>id * NEEDLE_BYTES;
    const when: usize = load<u32>(needle, NEEDLE_WHEN);
    if (when != 0 && !conditionsHold(when, needle, start, at, end)) continue;
    for (let before: u32 = 0; before < id; before++) {
      const other = needles + <usize>before * NEEDLE_BYTES;
      const first = find(start, end, load<u32>(other, NEEDLE_TEXT), load<i32>(other, NEEDLE_LENGTH));
      if (first != 0) note(before, first);
    }
    return true;
  }
  return false;
}

/** Groups of needles whose byte at one place may stand at each of the 16 places. */
function groupsOf(filter: usize, text: v128): v128 {
  const half = i8x16.splat(15);
  return v128.and(
    i8x16.swizzle(v128.load(filter), v128.and(text, half)),
    i8x16.swizzle(v128.load(filter, 16), v128.and(i16x8.shr_u(text, 4), half)),
  );
}

/** State of the trie behind the four bytes at `at`, or 0 where no needle begins with them. */
function stateBehind(beginnings: usize, shift: u32, at: usize): u32 {
  const key = load<u32>(at);
  const last: u32 = (<u32>0xffffffff) >> shift;
  let entry = beginnings + ((<usize>((key * 0x9e3779b1) >> shift)) << 3);
  let found = load<u32>(entry);
  while (found != key && found != 0) {
    const slot = (<u32>((entry - beginnings) >> 3) + 1) & last;
    entry = beginnings + ((<usize>slot) << 3);
    found = load<u32>(entry);
  }
  return load<u32>(entry, 4);
}

/** Notes the needles that begin at `at` and go on at `p` in the state; true as above. */
function walk(list: usize, state: u32, start: usize, at: usize, p: usize, end: usize): bool {
  const columns: usize = load<u32>(list, LIST_COLUMNS);
  const next: usize = load<u32>(list, LIST_NEXT);
  const shift: usize = load<u32>(list, LIST_ROW_SHIFT);
  const firstOutput = load<u32>(list, LIST_FIRST_OUTPUT);
  while (state != 0) {
    if (state >= firstOutput && noteAll(list, state, start, at, end)) return true;
    if (p >= end) break;
    state = load<u16>(next + ((<usize>state) << shift) + <usize>load<u8>(columns + <usize>load<u8>(p)));
    p++;
  }
  return false;
}

function noteNeedles(list: usize, start: usize, end: usize): void {
  const filter: usize = load<u32>(list, LIST_FILTER);
  const beginnings: usize = load<u32>(list, LIST_BEGINNINGS);
  const shift = 32 - load<u32>(list, LIST_SLOT_BITS);
  const zero = i8x16.splat(0);
  for (let p = start; p + 4 <= end; p += 16) {
    const groups = v128.and(
      v128.and(groupsOf(filter, v128.load(p)), groupsOf(filter + 32, v128.load(p + 1))),
      v128.and(groupsOf(filter + 64, v128.load(p + 2)), groupsOf(filter + 96, v128.load(p + 3))),
    );
    if (!v128.any_true(groups)) continue;
    for (let mask = ~i8x16.bitmask(i8x16.eq(groups, zero)) & 0xffff; mask != 0; mask &= mask - 1) {
      const at = p + ctz(mask);
      const state = stateBehind(beginnings, shift, at);
      if (state != 0 && at + 4 <= end && walk(list, state, start, at, at + 4, end)) return;
    }
  }
}

/** The first needle of the list, in the order of its rules, that the message contains and whose conditions hold; or 0. */
export function findSentence(list: usize, start: usize, end: usize): usize {
  seen0 = 0;
  seen1 = 0;
  seen2 = 0;
  seen3 = 0;
  noteNeedles(list, start, end);
  const needles: usize = load<u32>(list, LIST_NEEDLES);
  let needle = pick(seen0, 0, needles, start, end);
  if (needle == 0 && seen1 != 0) needle = pick(seen1, 64, needles, start, end);
  if (needle == 0 && seen2 != 0) needle = pick(seen2, 128, needles, start, end);
  if (needle == 0 && seen3 != 0) needle = pick(seen3, 192, needles, start, end);
  return needle;
}
