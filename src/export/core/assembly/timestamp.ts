// Digit arithmetic of parseTimestampBytes (timestamp.ts of the core), for the texts it accepts.

const DAY_MS: i64 = 86_400_000;
/** 2000-01-01 and 2100-01-01, in milliseconds. */
const MIN_MS: i64 = 946_684_800_000;
const MAX_MS: i64 = 4_102_444_800_000;

/** Result of parseTimestamp. */
export class Timestamp {
  static ms: i64 = 0;
  static zoned: bool = false;
}

// The day of the last timestamp: its ten bytes, and its first millisecond.
let dayLow: u64 = 0;
let dayHigh: u32 = 0;
let dayMs: i64 = 0;

/** Two digits, or a number above 99. */
function digits2(at: usize): u32 {
  const tens = <u32>load<u8>(at) - 48;
  const ones = <u32>load<u8>(at, 1) - 48;
  return tens <= 9 && ones <= 9 ? tens * 10 + ones : 1000;
}

/** Days since 1970 (Howard Hinnant, days_from_civil), for years from 0 on. */
function daysFromCivil(year: i64, month: i64, day: i64): i64 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const shifted = month > 2 ? month - 3 : month + 9;
  const dayOfYear = (153 * shifted + 2) / 5 + day - 1;
  return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
}

/** Puts `YYYY-MM-DD` at `at` into the day above. */
function readDay(at: usize): bool {
  const century = digits2(at);
  const years = digits2(at + 2);
  const month = digits2(at + 5);
  const day = digits2(at + 8);
  if (load<u8>(at, 4) != 45 || load<u8>(at, 7) != 45 || century > 99 || years > 99) return false;
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  const year = century * 100 + years;
  const isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  // 30 days have April, June, September and November.
  const days: u32 = month == 2 ? (isLeap ? 29 : 28) : 30 + ((month + (month >> 3)) & 1);
  if (day > days) return false;
  dayMs = daysFromCivil(year, month, day) * DAY_MS;
  dayLow = load<u64>(at);
  dayHigh = load<u16>(at, 8);
  return true;
}

/** Minutes east of UTC of the zone in [at, end), or a number out of range. */
function zoneMinutes(at: usize, end: usize): i32 {
  const length = end - at;
  const sign = load<u8>(at);
  if (length == 1) return sign == 90 || sign == 122 ? 0 : 10_000;
  if (sign != 43 && sign != 45) return 10_000;
  const hours = digits2(at + 1);
  let minutes: u32 = 0;
  if (length == 6 && load<u8>(at, 3) == 58) minutes = digits2(at + 4);
  else if (length == 5) minutes = digits2(at + 3);
  else if (length != 3) return 10_000;
  if (hours > 23 || minutes > 59) return 10_000;
  const total = <i32>(hours * 60 + minutes);
  return sign == 45 ? -total : total;
}

/** Reads a timestamp the twin would accept as it stands, in its range, into {@link Timestamp}. */
export function parseTimestamp(start: usize, end: usize): bool {
  const length = end - start;
  if (length < 19 || length > 40) return false;
  if (load<u64>(start) != dayLow || <u32>load<u16>(start, 8) != dayHigh) {
    if (!readDay(start)) return false;
  }
  const separator = load<u8>(start, 10);
  if ((separator | 32) != 116 && separator != 32) return false;
  // "HH:MM:SS" minus "00:00:00": digits are 0..9 then, and the colons 0.
  const clock = load<u64>(start, 11) ^ 0x30303a30_303a3030;
  if (((clock | (clock + 0x7676767676767676)) & 0x8080808080808080) != 0) return false;
  if ((clock & 0x0000ff0000ff0000) != 0) return false;
  const low = <u32>clock;
  const high = <u32>(clock >> 32);
  const hour = (low & 255) * 10 + ((low >> 8) & 255);
  const minute = (low >> 24) * 10 + (high & 255);
  let second = ((high >> 16) & 255) * 10 + (high >> 24);
  if (hour > 23 || minute > 59 || second > 60) return false;

  let millis: u32 = 0;
  let offset = 0;
  let zoned = false;
  if (length > 19) {
    let at = start + 19;
    const mark = load<u8>(at);
    if (mark == 46 || mark == 44) {
      const first = ++at;
      let scale: u32 = 100;
      while (at < end && <u32>load<u8>(at) - 48 <= 9) {
        millis += (<u32>load<u8>(at) - 48) * scale;
        scale /= 10;
        at++;
      }
      if (at == first) return false;
    }
    if (at < end) {
      offset = zoneMinutes(at, end);
      if (offset == 10_000) return false;
      zoned = true;
    }
  }
  if (second == 60) {
    second = 59;
    millis = 999;
  }
  const minutes = <i32>(hour * 60 + minute) - offset;
  const ms = dayMs + <i64>((minutes * 60 + <i32>second) * 1000 + <i32>millis);
  Timestamp.ms = ms;
  Timestamp.zoned = zoned;
  return ms >= MIN_MS && ms < MAX_MS;
}
