/**
 * Offset of an IANA zone from UTC at a moment, in milliseconds, for the hour and weekday features. Offsets change on
 * quarter hours only, so one lookup serves 15 minutes (Intl is far too slow to ask once a line).
 */
export type ZoneOffset = (utcMs: number) => number;

const QUARTER_HOUR_MS = 15 * 60 * 1000;

export function zoneOffset(timezone: string): ZoneOffset {
  if (timezone === 'UTC') return () => 0;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const cache = new Map<number, number>();
  return (utcMs) => {
    const quarter = Math.floor(utcMs / QUARTER_HOUR_MS);
    const known = cache.get(quarter);
    if (known !== undefined) return known;
    const at = quarter * QUARTER_HOUR_MS;
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const field = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    const local = Date.UTC(
      field('year'),
      field('month') - 1,
      field('day'),
      field('hour'),
      field('minute'),
      field('second'),
    );
    cache.set(quarter, local - at);
    return local - at;
  };
}
