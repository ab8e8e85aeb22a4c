import { find, isCapital, isDigit } from './bytes';
import {
  NEEDLE_LENGTH,
  NEEDLE_TEXT,
  WHEN_ALSO,
  WHEN_ALSO_COUNT,
  WHEN_NEXT,
  WHEN_NOT_AFTER,
  WHEN_PLACE,
} from './rule-tables';

const NEXT_ADDRESS = 1;
const NEXT_CAPITAL = 2;
const PLACE_START = 1;
const PLACE_END = 2;

/** Whether the conditions at `when` hold for the needle found at `at` (event-conditions.ts says what they mean). */
export function conditionsHold(when: usize, needle: usize, start: usize, at: usize, end: usize): bool {
  const notAfter = load<u32>(when, WHEN_NOT_AFTER);
  if (notAfter != 0 && at > start && load<u8>(at - 1) == notAfter) return false;
  const next = load<i32>(when, WHEN_NEXT);
  if (next != 0 && !nextHolds(next, at + load<u32>(needle, NEEDLE_LENGTH), end)) return false;
  const place = load<i32>(when, WHEN_PLACE);
  if (place != 0 && !placeHolds(place, needle, start, at, end)) return false;
  const count = load<i32>(when, WHEN_ALSO_COUNT);
  if (count == 0) return true;
  for (let i = 0; i < count; i++) {
    const text = when + WHEN_ALSO + i * 8;
    if (find(start, end, load<u32>(text), load<i32>(text, 4)) != 0) return true;
  }
  return false;
}

function isAddressDigit(byte: u32): bool {
  return isDigit(byte) || (byte | 0x20) - 97 < 6 || (byte | 0x20) == 120 || byte == 42;
}

function nextHolds(next: i32, at: usize, end: usize): bool {
  if (next == NEXT_CAPITAL) return at < end && isCapital(load<u8>(at));
  return (
    next == NEXT_ADDRESS &&
    at + 3 <= end &&
    isAddressDigit(load<u8>(at)) &&
    isAddressDigit(load<u8>(at + 1)) &&
    load<u8>(at + 2) == 58
  );
}

function placeHolds(place: i32, needle: usize, start: usize, at: usize, end: usize): bool {
  if (place == PLACE_START) return isStart(start, at);
  const length: usize = load<u32>(needle, NEEDLE_LENGTH);
  let trimmed = end;
  while (trimmed > start && isSpace(load<u8>(trimmed - 1))) trimmed--;
  if (trimmed - start < length) return false;
  const from = trimmed - length;
  if (find(from, trimmed, load<u32>(needle, NEEDLE_TEXT), <i32>length) == 0) return false;
  return place == PLACE_END || followsInterface(start, from);
}

function isSpace(byte: u32): bool {
  return byte == 32 || byte - 9 < 5;
}

function isStart(start: usize, at: usize): bool {
  if (at == start) return true;
  let p = start;
  while (p < at && isDigit(load<u8>(p))) p++;
  if (p == start || p == at || load<u8>(p) != 32) return false;
  if (++p == at) return true;
  const word = p;
  while (p < at && load<u8>(p) != 32) p++;
  return p > word && p == at - 1;
}

function isNameByte(byte: u32): bool {
  return isDigit(byte) || (byte | 0x20) - 97 < 26 || byte == 95 || byte == 45 || byte == 46;
}

function followsInterface(start: usize, at: usize): bool {
  let from = at;
  while (from > start && isNameByte(load<u8>(from - 1))) from--;
  if (from == at) return false;
  const before = from - start;
  if (before == 0) return true;
  if (load<u8>(from - 1) != 32 || before < 2) return false;
  // "] " or "kernel: "
  return load<u8>(from - 2) == 93 || (before >= 8 && load<u64>(from - 8) == 0x203a6c656e72656b);
}
