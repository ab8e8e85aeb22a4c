import { DAY_MS, daysFromCivil, parseTimestampMs } from './timestamp.js';

/**
 * Which lines have the clock in their syslog header compared with their arrival time. Reading each header would cost
 * more than all the rest, so it is done for the records that start in the first 64 KiB of a file and, after that, in
 * the first KiB of every 256 KiB. The rule looks at nothing but the position: threads that read parts of a file, and
 * readers that get it in other chunks, check the same lines.
 *
 * @param byteOffset position of the record's first byte in the (decompressed) file
 */
export function isClockSample(byteOffset: number): boolean {
  // `&` takes the low 32 bits of a larger number, which is all that is asked for.
  return byteOffset < 65_536 || (byteOffset & 0x3ffff) < 1024;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
// RFC 3164 "Jan 13 17:04:08 ...", with the year some senders add, and logread's "Mon Jan 13 17:04:08 2025 ...".
const BSD_CLOCK =
  /^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) +(\d{1,2}) (?:(\d{4}) )?(\d{2}):(\d{2}):(\d{2})(?: (\d{4})(?= ))?/;
const RFC5424_CLOCK = /^<\d{1,3}>1 (\d{4}-\d{2}-\d{2}T\S{8,30}) /;

/**
 * How far the sender's clock is ahead of the arrival time, in seconds (negative = behind); NaN when the line shows no
 * clock. RFC 3164 clocks show neither year nor zone: the year that is nearest to the arrival is taken, and the time is
 * read as UTC, so that a clock set to local time is ahead by its zone.
 *
 * @param raw the beginning of the raw line
 */
export function clockOffsetSeconds(raw: string, arrivalMs: number): number {
  const modern = RFC5424_CLOCK.exec(raw);
  if (modern !== null) return Math.round((parseTimestampMs(modern[1]) - arrivalMs) / 1000);
  // The years are groups that may take no part in the match.
  const clock: readonly (string | undefined)[] | null = BSD_CLOCK.exec(raw);
  if (clock === null) return NaN;
  const month = MONTHS.indexOf(clock[1] ?? '') + 1;
  const [day, hour, minute, second] = [clock[2], clock[4], clock[5], clock[6]].map(Number);
  if (month === 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return NaN;
  const timeMs = ((hour * 60 + minute) * 60 + second) * 1000;
  const offset = (year: number): number =>
    Math.round((daysFromCivil(year, month, day) * DAY_MS + timeMs - arrivalMs) / 1000);
  const written = clock[3] ?? clock[7];
  if (written !== undefined) return offset(Number(written));
  const arrivalYear = 1970 + Math.floor(arrivalMs / DAY_MS / 365.2425);
  let nearest = offset(arrivalYear);
  for (const other of [offset(arrivalYear - 1), offset(arrivalYear + 1)]) {
    if (Math.abs(other) < Math.abs(nearest)) nearest = other;
  }
  return nearest;
}
