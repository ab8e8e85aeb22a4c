import { equal, find, findMac, integerAt, NO_NUMBER, parseMac } from './bytes';
import { ssidOf } from './host';
import {
  TAKE_BSSID,
  TAKE_FREQ,
  TAKE_MAC,
  TAKE_REASON,
  TAKE_SIGNAL,
  TAKE_SSID,
  TAKE_SSID_END,
  TAKE_STATUS,
  TAKE_TXRATE,
} from './rule-tables';

// What the line being read carried; the host's EventFields.
export let mac: i64 = -1;
export let bssid: i64 = -1;
export let ssid: i32 = -1;
export let reason: i64 = -1;
export let status: i64 = -1;
export let freq: i64 = -1;
export let signal: f64 = NaN;
export let txrate: f64 = NaN;

/** Recently seen SSIDs: number, length, and from byte 16 on the text of up to SSID_BYTES bytes. Length 0 = empty. */
const SSID_BYTES = 64;
const SSID_ENTRY_BYTES = 16 + SSID_BYTES;
let ssidCache: usize = 0;
let ssidShift: u64 = 0;

export function setSsidCache(at: usize, bits: i32): void {
  ssidCache = at;
  ssidShift = 64 - <u64>bits;
}

export function resetFields(): void {
  mac = -1;
  bssid = -1;
  ssid = -1;
  reason = -1;
  status = -1;
  freq = -1;
  signal = NaN;
  txrate = NaN;
}

export function setMac(value: i64): void {
  mac = value;
}

/** Address behind the first occurrence of the key at `keys`, or 0. */
function behind(keys: usize, from: usize, end: usize): usize {
  const length = load<i32>(keys, 4);
  const at = find(from, end, load<u32>(keys), length);
  return at == 0 ? 0 : at + length;
}

/** Integer after the first occurrence of the key that a number follows; -1 = none. */
function firstInteger(keys: usize, from: usize, end: usize): i64 {
  const text: usize = load<u32>(keys);
  const length = load<i32>(keys, 4);
  for (let at = find(from, end, text, length); at != 0; at = find(at + 1, end, text, length)) {
    const value = integerAt(at + length, end);
    if (value != NO_NUMBER) return value;
  }
  return -1;
}

/** Number of the SSID in [start, end): from the cache, or the host's. */
function internSsid(start: usize, end: usize): i32 {
  const length = <i32>(end - start);
  if (length == 0) return -1;
  if (length > SSID_BYTES) return ssidOf(start, end);
  const used = length < 8 ? (<u64>length) << 3 : 64;
  // The last eight bytes: networks of one house differ at the end.
  const key = (load<u64>(end - 8) >> (64 - used)) ^ (<u64>length);
  const entry = ssidCache + <usize>((key * 0x9e3779b97f4a7c15) >> ssidShift) * SSID_ENTRY_BYTES;
  if (load<i32>(entry, 4) == length && equal(entry + 16, start, length)) return load<i32>(entry);
  const id = ssidOf(start, end);
  store<i32>(entry, id);
  store<i32>(entry, length, 4);
  memory.copy(entry + 16, start, length);
  return id;
}

function takes(take: usize, field: usize): bool {
  return load<i32>(take + field + 4) != 0;
}

/** Reads what the record at `take` names from the part of the message that begins at `from`. */
export function takeFields(take: usize, from: usize, end: usize): void {
  if (load<i32>(take, TAKE_MAC) != 0) mac = findMac(from, end);
  if (takes(take, TAKE_BSSID)) {
    const at = behind(take + TAKE_BSSID, from, end);
    if (at != 0) bssid = parseMac(at, end);
  }
  if (takes(take, TAKE_SSID)) {
    const start = behind(take + TAKE_SSID, from, end);
    let close: usize = 0;
    if (start != 0)
      close = find(start, end, load<u32>(take, TAKE_SSID_END), load<i32>(take, TAKE_SSID_END + 4));
    if (close != 0) ssid = internSsid(start, close);
  }
  if (takes(take, TAKE_REASON)) reason = firstInteger(take + TAKE_REASON, from, end);
  if (takes(take, TAKE_STATUS)) status = firstInteger(take + TAKE_STATUS, from, end);
  if (takes(take, TAKE_FREQ)) freq = firstInteger(take + TAKE_FREQ, from, end);
  if (takes(take, TAKE_SIGNAL)) {
    const at = behind(take + TAKE_SIGNAL, from, end);
    const dbm = at == 0 ? NO_NUMBER : integerAt(at, end);
    // 0 and 9999 are what firmware writes for "no reading"; NO_NUMBER is below the range.
    if (dbm < 0 && dbm > -150) signal = <f64>dbm;
  }
  if (takes(take, TAKE_TXRATE)) {
    const at = behind(take + TAKE_TXRATE, from, end);
    const rate = at == 0 ? NO_NUMBER : integerAt(at, end);
    if (rate > 0) txrate = <f64>rate;
  }
}
