import { AppError } from '../../shared/errors.js';

/** Milliseconds of one UTC day. */
export const DAY_MS = 86_400_000;

const DAYS_IN_MONTH = new Uint8Array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);
const MAX_TEXT = 40;
const scratch = new Uint8Array(MAX_TEXT);

/**
 * Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms", days_from_civil). Month 1..12.
 */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const shifted = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * shifted + 2) / 5) + day - 1;
  return (
    era * 146_097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear -
    719_468
  );
}

/** Inverse of {@link daysFromCivil} (civil_from_days of the same source). */
export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

function digits2(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 48;
  const ones = bytes[at + 1] - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/**
 * Milliseconds of `YYYY-MM-DD[T ]HH:MM:SS[.,f...][Z|±HH[:MM]]` in bytes [start, end), or NaN. No zone means UTC.
 * Fractions are cut to milliseconds; second 60 (a leap second) becomes the last millisecond of its minute.
 */
export function parseTimestampBytes(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 19 || end - start > MAX_TEXT) return NaN;
  const separator = bytes[start + 10];
  if (separator !== 84 && separator !== 116 && separator !== 32) return NaN;
  if (bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return NaN;
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return NaN;
  const year = digits2(bytes, start) * 100 + digits2(bytes, start + 2);
  const month = digits2(bytes, start + 5);
  const day = digits2(bytes, start + 8);
  const hour = digits2(bytes, start + 11);
  const minute = digits2(bytes, start + 14);
  let second = digits2(bytes, start + 17);
  // Written so that NaN from a non-digit fails every test.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 60))
    return NaN;
  const leapDay = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  if (day > DAYS_IN_MONTH[month - 1] + leapDay) return NaN;

  let at = start + 19;
  let millis = 0;
  if (at < end && (bytes[at] === 46 || bytes[at] === 44)) {
    let scale = 100;
    const first = ++at;
    while (at < end && bytes[at] >= 48 && bytes[at] <= 57) {
      if (scale >= 1) millis += (bytes[at] - 48) * scale;
      scale /= 10;
      at++;
    }
    if (at === first) return NaN;
  }
  const offset = zoneOffsetMinutes(bytes, at, end);
  if (second === 60) {
    second = 59;
    millis = 999;
  }
  const dayMs = ((hour * 60 + minute - offset) * 60 + second) * 1000 + millis;
  return daysFromCivil(year, month, day) * DAY_MS + dayMs;
}

/** Minutes east of UTC of the zone in [at, end); 0 for none or `Z`, NaN for anything else. */
function zoneOffsetMinutes(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at;
  if (length === 0) return 0;
  const sign = bytes[at];
  if (length === 1) return sign === 90 || sign === 122 ? 0 : NaN;
  if (sign !== 43 && sign !== 45) return NaN;
  const hours = digits2(bytes, at + 1);
  let minutes = 0;
  if (length === 6 && bytes[at + 3] === 58) minutes = digits2(bytes, at + 4);
  else if (length === 5) minutes = digits2(bytes, at + 3);
  else if (length !== 3) return NaN;
  if (!(hours <= 23 && minutes <= 59)) return NaN;
  return (sign === 45 ? -1 : 1) * (hours * 60 + minutes);
}

/** Whether a timestamp that {@link parseTimestampBytes} accepted names its zone. */
export function hasZone(bytes: Uint8Array, start: number, end: number): boolean {
  const last = bytes[end - 1];
  if (last === 90 || last === 122) return true;
  for (let at = Math.max(start + 19, end - 6); at < end; at++) {
    if (bytes[at] === 43 || bytes[at] === 45) return true;
  }
  return false;
}

/** Text form of {@link parseTimestampBytes}; spaces around it are ignored. NaN if it is no timestamp. */
export function parseTimestampMs(text: string): number {
  const trimmed = text.trim();
  if (trimmed.length > MAX_TEXT) return NaN;
  for (let i = 0; i < trimmed.length; i++) {
    const code = trimmed.charCodeAt(i);
    if (code > 126) return NaN;
    scratch[i] = code;
  }
  return parseTimestampBytes(scratch, 0, trimmed.length);
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** RFC 3339 in UTC with `Z`; milliseconds are written only when there are any. */
export function formatTimestamp(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const rest = ms - days * DAY_MS;
  const { year, month, day } = civilFromDays(days);
  const seconds = Math.floor(rest / 1000);
  const millis = Math.floor(rest - seconds * 1000);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const fraction = millis === 0 ? '' : `.${pad(millis, 3)}`;
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${time.map((part) => pad(part, 2)).join(':')}${fraction}Z`;
}

/**
 * A date range bound a person typed. A bare date is the whole UTC day. `start` gives the first millisecond included,
 * `end` the first one excluded: the end a person writes is inclusive, so a bare date runs to the next midnight and a
 * time without a fraction to the end of that second.
 *
 * @throws AppError `usage` when the text is no date
 */
export function parseDateBound(text: string, bound: 'start' | 'end'): number {
  const value = text.trim();
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) {
    const midnight = parseTimestampMs(`${value}T00:00:00`);
    if (!Number.isNaN(midnight)) return bound === 'start' ? midnight : midnight + DAY_MS;
  }
  const ms = parseTimestampMs(value);
  if (Number.isNaN(ms)) {
    throw new AppError('usage', `The ${bound} date "${value.slice(0, 60)}" is not a date.`, {
      hint: 'Write YYYY-MM-DD for a whole UTC day, or YYYY-MM-DDTHH:MM:SSZ for a point in time.',
    });
  }
  if (bound === 'start') return ms;
  return ms + (/[.,]/.test(value) ? 1 : 1000);
}
