/** What a classified line carried. One instance is reused for every line: copy what must last. */
export interface EventFields {
  /** 48-bit address as a number (so case and separator cannot matter); -1 = none, or masked. */
  mac: number;
  /** A second address that is not `mac`: the target of a steering or roaming decision; -1 = none. */
  bssid: number;
  /** '' = none. */
  ssid: string;
  /** IEEE 802.11 reason and status codes; -1 = none. */
  reason: number;
  status: number;
  /** dBm; NaN = not in the line, or one of the values drivers write for "unknown" (0, 9999). */
  signal: number;
  /** kbit/s; NaN = none (drivers write 0 for "unknown"). */
  txrate: number;
  /** MHz; -1 = none. */
  freq: number;
}

export function createEventFields(): EventFields {
  return { mac: -1, bssid: -1, ssid: '', reason: -1, status: -1, signal: NaN, txrate: NaN, freq: -1 };
}

export function resetEventFields(fields: EventFields): void {
  fields.mac = -1;
  fields.bssid = -1;
  fields.ssid = '';
  fields.reason = -1;
  fields.status = -1;
  fields.signal = NaN;
  fields.txrate = NaN;
  fields.freq = -1;
}

/** Value of one hexadecimal digit by character code; -1 = no such digit. */
const HEX = new Int8Array(128).fill(-1);
for (let i = 0; i < 10; i++) HEX[48 + i] = i;
for (let i = 0; i < 6; i++) {
  HEX[65 + i] = 10 + i;
  HEX[97 + i] = 10 + i;
}

const hexAt = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < 128 ? HEX[code] : -1;
};

/** The 48-bit address written at `at` (`aa:bb:cc:dd:ee:ff` or with dashes, any case); -1 if there is none. */
export function parseMacAt(text: string, at: number): number {
  let value = 0;
  const separator = text.charCodeAt(at + 2);
  if (separator !== 58 && separator !== 45) return -1;
  for (let octet = 0, from = at; octet < 6; octet++, from += 3) {
    const high = hexAt(text, from);
    const low = hexAt(text, from + 1);
    if (high < 0 || low < 0) return -1;
    if (octet < 5 && text.charCodeAt(from + 2) !== separator) return -1;
    value = value * 256 + high * 16 + low;
  }
  return value;
}

/** Position of the first address at or after `from`, or -1. */
export function findMac(text: string, from: number): number {
  const last = text.length - 17;
  for (let at = Math.max(from, 0); at <= last; at++) {
    const separator = text.charCodeAt(at + 2);
    // Cheap test first: an address has its separators at fixed distances.
    if ((separator !== 58 && separator !== 45) || text.charCodeAt(at + 5) !== separator) continue;
    if (parseMacAt(text, at) >= 0) return at;
  }
  return -1;
}

/** `aa:bb:cc:dd:ee:ff` of a 48-bit address. */
export function formatMac(mac: number): string {
  const digits = mac.toString(16).padStart(12, '0');
  return [0, 2, 4, 6, 8, 10].map((at) => digits.slice(at, at + 2)).join(':');
}

/** Integer written directly at `at` (optional minus sign), or NaN. Stops at the first other character. */
export function parseIntegerAt(text: string, at: number): number {
  const negative = text.charCodeAt(at) === 45;
  let from = negative ? at + 1 : at;
  const first = from;
  let value = 0;
  for (; from < text.length && from - first < 15; from++) {
    const digit = text.charCodeAt(from) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (from === first) return NaN;
  return negative ? -value : value;
}

/** Integer right after the first `key` at or after `from`, or NaN. */
export function integerAfter(text: string, key: string, from: number): number {
  const at = text.indexOf(key, from);
  return at < 0 ? NaN : parseIntegerAt(text, at + key.length);
}
