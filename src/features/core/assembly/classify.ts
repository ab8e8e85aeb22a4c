import { equal, findPair, isCapital, parseMac, saysError } from './bytes';
import { conditionsHold } from './conditions';
import {
  bssid,
  freq,
  mac,
  reason,
  resetFields,
  setMac,
  setSsidCache,
  signal,
  ssid,
  status,
  takeFields,
  txrate,
} from './fields';
import {
  LIST_BYTES,
  NEEDLE_BYTES,
  NEEDLE_CLASS,
  NEEDLE_LENGTH,
  NEEDLE_NEXT,
  NEEDLE_TAKE,
  NEEDLE_TEXT,
  NEEDLE_WHEN,
} from './rule-tables';
import { findSentence, foundAt, setPositions } from './sentences';

// Addresses of the tables and columns, from the host's header.
let macs: usize = 0;
let bssids: usize = 0;
let signals: usize = 0;
let txrates: usize = 0;
let classes: usize = 0;
let groups: usize = 0;
let ssids: usize = 0;
let reasons: usize = 0;
let statuses: usize = 0;
let freqs: usize = 0;
let flags: usize = 0;
let listOfProgram: usize = 0;
let programLimit: u32 = 0;
let lists: usize = 0;
let listCount: u32 = 0;
let tokenSlots: usize = 0;
let tokenShift: u64 = 0;
let families: usize = 0;
let familyCount: usize = 0;
let stationSlots: usize = 0;
let stationShift: u64 = 0;
let stationKeyAt: usize = 0;
let stationShort: usize = 0;
let groupTable: usize = 0;
let classCount: usize = 0;
let reasonTimeout: i64 = 0;
let keptFlag: i32 = 0;
let errorFlag: i32 = 0;

/** Set when only the host can say what the row is. */
let unsure: bool = false;

const HASH: u64 = 0x9e3779b97f4a7c15;

/** Position behind the static data: it must not reach into the tables. */
export function heapBase(): usize {
  return __heap_base;
}

let header: usize = 0;
function word(): u32 {
  const value = load<u32>(header);
  header += 4;
  return value;
}

/** @param at header of 32-bit words, in the order of the host's classify-tables.ts */
export function init(at: usize): void {
  header = at;
  macs = word();
  bssids = word();
  signals = word();
  txrates = word();
  classes = word();
  groups = word();
  ssids = word();
  reasons = word();
  statuses = word();
  freqs = word();
  flags = word();
  listOfProgram = word();
  programLimit = word();
  lists = word();
  listCount = word();
  tokenSlots = word();
  tokenShift = 64 - <u64>word();
  families = word();
  familyCount = word();
  stationSlots = word();
  stationShift = 64 - <u64>word();
  stationKeyAt = word();
  stationShort = word();
  groupTable = word();
  classCount = word();
  reasonTimeout = word();
  keptFlag = word();
  errorFlag = word();
  setPositions(word());
  const cache: usize = word();
  setSsidCache(cache, word());
}

/** Whether "STA " stands at `at`. */
function isStation(at: usize, end: usize): bool {
  return load<u32>(at) == 0x20415453 && at + 4 <= end;
}

/** The class of an event in capitals or of a station line that begins at `at`, or 0. */
function eventAt(start: usize, at: usize, end: usize): i32 {
  if (at >= end || !isCapital(load<u8>(at))) return 0;
  if (isStation(at, end)) return stationAt(at + 4, end);
  return tokenAt(start, at, end);
}

/** A bit for each of 16 bytes that may stand in a token (A-Z, 0-9, dash); the dashes in the upper half. */
function tokenBits(p: usize): u32 {
  const text = v128.load(p);
  const dash = i8x16.eq(text, i8x16.splat(45));
  const capital = i8x16.lt_u(i8x16.sub(text, i8x16.splat(65)), i8x16.splat(26));
  const digit = i8x16.lt_u(i8x16.sub(text, i8x16.splat(48)), i8x16.splat(10));
  const any = i8x16.bitmask(v128.or(dash, v128.or(capital, digit)));
  return ((<u32>i8x16.bitmask(dash)) << 16) | ((<u32>any) & 0xffff);
}

function tokenAt(start: usize, at: usize, end: usize): i32 {
  let stop = at;
  let dashes: u32 = 0;
  for (;;) {
    const bits = tokenBits(stop);
    const length = ctz(~(bits & 0xffff));
    dashes |= (bits >> 16) & ((1 << length) - 1);
    stop += length;
    if (length < 16 || stop >= end) break;
  }
  // A dash behind the message may have been counted: harmless, it only means a look-up in vain.
  if (stop > end) stop = end;
  if (dashes == 0) return 0;
  const length = <i32>(stop - at);
  const used = length < 8 ? (<u64>length) << 3 : 64;
  const key = (load<u64>(stop - 8) >> (64 - used)) ^ (<u64>length);
  let needle: usize = load<u32>(tokenSlots + ((<usize>((key * HASH) >> tokenShift)) << 2));
  for (; needle != 0; needle = load<u32>(needle, NEEDLE_NEXT)) {
    if (load<i32>(needle, NEEDLE_LENGTH) != length) continue;
    if (!equal(load<u32>(needle, NEEDLE_TEXT), at, length)) continue;
    const when: usize = load<u32>(needle, NEEDLE_WHEN);
    if (when != 0 && !conditionsHold(when, needle, start, at, end)) continue;
    const take: usize = load<u32>(needle, NEEDLE_TAKE);
    if (take != 0) takeFields(take, stop, end);
    return load<i32>(needle, NEEDLE_CLASS);
  }
  return familyAt(start, at, stop, end);
}

/** What an unknown token says by its beginning. */
function familyAt(start: usize, at: usize, stop: usize, end: usize): i32 {
  for (let i: usize = 0; i < familyCount; i++) {
    const needle = families + i * NEEDLE_BYTES;
    const length = load<i32>(needle, NEEDLE_LENGTH);
    if (at + length > stop || !equal(load<u32>(needle, NEEDLE_TEXT), at, length)) continue;
    const when: usize = load<u32>(needle, NEEDLE_WHEN);
    if (when == 0 || conditionsHold(when, needle, start, at, end)) return load<i32>(needle, NEEDLE_CLASS);
  }
  return 0;
}

/** `at` = first byte of the station's address, which is followed by a space and what happened. */
function stationAt(at: usize, end: usize): i32 {
  const text = at + 18;
  if (text > end) return 0;
  // The host counts characters, not bytes: it alone knows where the text begins behind one that takes several bytes.
  if (i8x16.bitmask(v128.load(at)) != 0 || (load<u16>(at, 16) & 0x8080) != 0) {
    unsure = true;
    return 0;
  }
  let candidates = stationShort;
  if (text + stationKeyAt + 8 <= end) {
    const key = load<u64>(text + stationKeyAt);
    candidates = load<u32>(stationSlots + ((<usize>((key * HASH) >> stationShift)) << 2));
  }
  for (;;) {
    const needle: usize = load<u32>(candidates);
    if (needle == 0) return 0;
    candidates += 4;
    const length = load<i32>(needle, NEEDLE_LENGTH);
    if (text + length > end || !equal(load<u32>(needle, NEEDLE_TEXT), text, length)) continue;
    setMac(parseMac(at, end));
    const take: usize = load<u32>(needle, NEEDLE_TAKE);
    if (take != 0) takeFields(take, text, end);
    return load<i32>(needle, NEEDLE_CLASS);
  }
}

function classOf(list: usize, start: usize, end: usize): i32 {
  const colon = findPair(start, end, 58, 32);
  const text = colon == 0 ? start : colon + 2;
  const id = eventAt(start, text, end);
  if (id > 0 || unsure) return id;
  if (colon != 0) {
    const first = eventAt(start, start, end);
    if (first > 0 || unsure) return first;
  }
  const needle = findSentence(list, start, end);
  if (needle == 0) return 0;
  const take: usize = load<u32>(needle, NEEDLE_TAKE);
  // A station line with an unusual sentence still names its station in front of it.
  if (take != 0) takeFields(take, isStation(text, end) ? text : foundAt, end);
  return load<i32>(needle, NEEDLE_CLASS);
}

function putRow(row: usize, id: i32): void {
  const wide = row << 3;
  const narrow = row << 2;
  store<f64>(macs + wide, <f64>mac);
  store<f64>(bssids + wide, <f64>bssid);
  store<f64>(signals + wide, signal);
  store<f64>(txrates + wide, txrate);
  store<i32>(classes + narrow, id);
  const variant = (status > 0 ? 2 : 0) + (reason == reasonTimeout ? 1 : 0);
  store<i32>(groups + narrow, load<i32>(groupTable + ((<usize>variant * classCount + <usize>id) << 2)));
  store<i32>(ssids + narrow, ssid);
  store<i32>(reasons + narrow, <i32>reason);
  store<i32>(statuses + narrow, <i32>status);
  store<i32>(freqs + narrow, <i32>freq);
}

/**
 * Fills the event columns of the rows [from, count). Stops at a row that it leaves to the host and returns its number,
 * or `count`. The other arguments are columns of the batch.
 */
export function classify(
  from: i32,
  count: i32,
  programs: usize,
  starts: usize,
  ends: usize,
  rowFlags: usize,
): i32 {
  for (let row = from; row < count; row++) {
    const narrow = (<usize>row) << 2;
    if ((load<i32>(rowFlags + narrow) & keptFlag) == 0) continue;
    const program = load<u32>(programs + narrow);
    if (program >= programLimit) return row;
    const list = <u32>load<u8>(listOfProgram + program);
    if (list >= listCount) return row;
    const start: usize = load<u32>(starts + narrow);
    const end: usize = load<u32>(ends + narrow);
    resetFields();
    unsure = false;
    const id = classOf(lists + <usize>list * LIST_BYTES, start, end);
    if (unsure) return row;
    putRow(<usize>row, id);
    store<i32>(flags + narrow, saysError(start, end) ? errorFlag : 0);
  }
  return count;
}
