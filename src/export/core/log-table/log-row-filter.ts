import { HEADER_BYTES, parseSyslogHeader } from '../syslog-header.js';
import type { LogColumns } from './log-columns.js';
import type { LogRow } from './log-text.js';

/**
 * Whether a row that the database let through is one of the wanted programs. The database has judged the rows that name
 * their program; the others are judged by the header of their raw line.
 */
export function programFilter(
  columns: LogColumns,
  programs: readonly string[] | null,
): (row: LogRow) => boolean {
  if (programs === null) return () => true;
  const wanted = new Set(programs.map((name) => name.toLowerCase()));
  const named = columns.all.flatMap(({ name }, i) => (columns.programs.includes(name) ? [i] : []));
  const raw = columns.all.findIndex(({ name }) => name === 'raw_message');
  return (row) => {
    if (named.some((i) => (row[i] ?? '').trim() !== '')) return true;
    const header = raw < 0 ? null : parseSyslogHeader((row[raw] ?? '').slice(0, HEADER_BYTES));
    return header !== null && wanted.has(header.program.toLowerCase());
  };
}
