import { useSyncExternalStore } from 'react';

/** Which clock times are shown in: this machine's, or UTC as in logs. */
export type Zone = 'local' | 'utc';

const NAME = 'mcp-training-zone';
const LOCALE = 'en-GB';
let zone: Zone = stored();
const listeners = new Set<() => void>();

function stored(): Zone {
  try {
    return localStorage.getItem(NAME) === 'utc' ? 'utc' : 'local';
  } catch {
    return 'local';
  }
}

export function useZone(): [Zone, (next: Zone) => void] {
  const current = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => zone,
  );
  return [current, setZone];
}

function setZone(next: Zone): void {
  zone = next;
  try {
    localStorage.setItem(NAME, next);
  } catch {
    // kept for this page only
  }
  for (const listener of listeners) listener();
}

const timeZone = (): string | undefined => (zone === 'utc' ? 'UTC' : undefined);

export function zoneName(): string {
  const parts = new Intl.DateTimeFormat(LOCALE, {
    timeZone: timeZone(),
    timeZoneName: 'short',
  }).formatToParts(new Date());
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC';
}

/** "21 Nov 2026, 18:37 UTC" */
export function moment(text: string | null | undefined, { seconds = false } = {}): string {
  if (text === null || text === undefined) return '–';
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  return new Intl.DateTimeFormat(LOCALE, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' as const } : {}),
    timeZone: timeZone(),
    timeZoneName: 'short',
  }).format(date);
}

/** For axes and lists that say their zone elsewhere. */
export function clock(value: number | string, { day = false, seconds = false } = {}): string {
  return new Intl.DateTimeFormat(LOCALE, {
    ...(day ? { day: 'numeric' as const, month: 'short' as const } : {}),
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' as const } : {}),
    timeZone: timeZone(),
  }).format(new Date(value));
}

export function day(value: number | string): string {
  return new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', timeZone: timeZone() }).format(
    new Date(value),
  );
}

/** "1 h 20 min", "4.2 s" */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

export function ago(text: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(text)) / 1000);
  return seconds < 5 ? 'just now' : `${duration(seconds)} ago`;
}
