/** What the header of a syslog line tells. Empty text and -1 stand for "not in the header". */
export interface SyslogHeader {
  readonly program: string;
  /** Severity 0..7, from `<pri>`. */
  readonly level: number;
  readonly host: string;
  /** Clock of the sender: day of a 365-day year (0 = 1 January), -1 if it has none. */
  readonly dayOfYear: number;
}

/** Bytes of a raw line that are enough to hold its header. */
export const HEADER_BYTES = 256;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

const PRIORITY = /^<(\d{1,3})>/;
// RFC 3164, with a host that some routers leave out: "Jan 13 17:04:08 OpenWrt hostapd[12]: ..." or "... hostapd: ...".
const BSD_TIME = /^([A-Z][a-z]{2}) +(\d{1,2}) (?:\d{4} )?\d{2}:\d{2}:\d{2}(?: +|$)/;
// RFC 5424: "1 2025-06-09T08:03:57Z host program pid msgid ...".
const RFC5424 = /^1 (?:-|\d{4}-(\d{2})-(\d{2})T\S*) (\S+) (\S+) /;
const TAG = /^([^\s:[\]]{1,128})(?:\[[^\]\s]{0,32}\])?:/;
const HOST_AND_TAG = /^([^\s:[\]][^\s[\]]{0,254}) +(\S.*)$/s;

function dayOfYear(month: number, day: number): number {
  return month >= 0 && month < 12 && day >= 1 && day <= 31 ? DAYS_BEFORE_MONTH[month] + day - 1 : -1;
}

/**
 * Reads `<pri>Mon dd hh:mm:ss [host] program[pid]: ...` (RFC 3164) or the RFC 5424 form from the first
 * {@link HEADER_BYTES} of a raw line. Returns null when the line has no header at all.
 */
export function parseSyslogHeader(raw: string): SyslogHeader | null {
  const priority = PRIORITY.exec(raw);
  const pri = priority === null ? -1 : Number(priority[1]);
  // 191 = facility 23, severity 7: the largest value RFC 3164 allows.
  const level = pri >= 0 && pri <= 191 ? pri & 7 : -1;
  const rest = priority === null ? raw : raw.slice(priority[0].length);

  const modern = priority === null ? null : RFC5424.exec(rest);
  if (modern !== null) {
    const nil = (text: string): string => (text === '-' ? '' : text);
    const day = dayOfYear(Number(modern[1]) - 1, Number(modern[2]));
    return { program: nil(modern[4]), level, host: nil(modern[3]), dayOfYear: day };
  }
  const time = BSD_TIME.exec(rest);
  if (time === null) return level === -1 ? null : { program: '', level, host: '', dayOfYear: -1 };
  const clock = dayOfYear(MONTHS.indexOf(time[1]), Number(time[2]));
  const afterTime = rest.slice(time[0].length);

  const tagOnly = TAG.exec(afterTime);
  // A tag directly after the time means there is no host. An IPv6 host also holds colons, but never ends at one.
  if (tagOnly !== null && /^[\s]|^$/.test(afterTime.slice(tagOnly[0].length))) {
    return { program: tagOnly[1], level, host: '', dayOfYear: clock };
  }
  const hosted = HOST_AND_TAG.exec(afterTime);
  if (hosted === null) return { program: '', level, host: '', dayOfYear: clock };
  return { program: TAG.exec(hosted[2])?.[1] ?? '', level, host: hosted[1], dayOfYear: clock };
}
