import { formatTimestamp } from '../timestamp.js';
import type { LogColumn, LogColumns } from './log-columns.js';

/** Which rows of the table are wanted. */
export interface LogSelection {
  /** Inclusive, exclusive; milliseconds since 1970 UTC. */
  readonly startMs: number;
  readonly endMs: number;
  /** null = every program. */
  readonly programs: readonly string[] | null;
}

/** SQL text and the values it refers to; nothing that a person wrote is part of the text, but quoted names. */
export interface LogQuery {
  readonly text: string;
  readonly values: readonly unknown[];
}

const TIME_FORMAT = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

/** A name as PostgreSQL takes it literally, whatever is in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `table` or `schema.table`, each part quoted. */
export function quoteTable(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? quoteName(name) : `${quoteName(name.slice(0, dot))}.${quoteName(name.slice(dot + 1))}`;
}

/** Rows in the order of their time, every value as text. */
export function selectLines(table: string, columns: LogColumns, selection: LogSelection): LogQuery {
  const list = columns.all.map((column) => `${expression(column)} AS ${quoteName(column.name)}`).join(', ');
  const order = ['timestamp', ...(columns.hasId ? ['id'] : [])]
    .map((name) => `l.${quoteName(name)}`)
    .join(', ');
  const { text, values } = condition(columns, selection);
  return { text: `SELECT ${list} FROM ${quoteTable(table)} AS l WHERE ${text} ORDER BY ${order}`, values };
}

/** Number of rows, counted no further than `limit` + 1; `limit` null = all of them. */
export function countLines(
  table: string,
  columns: LogColumns,
  selection: LogSelection,
  limit: number | null,
): LogQuery {
  const { text, values } = condition(columns, selection);
  const rows = `SELECT 1 FROM ${quoteTable(table)} AS l WHERE ${text}`;
  const bounded = limit === null ? rows : `${rows} LIMIT ${limit + 1}`;
  return { text: `SELECT count(*)::text AS count FROM (${bounded}) AS lines`, values };
}

/** First and last time in the whole table. */
export function selectSpan(table: string, columns: LogColumns): LogQuery {
  const time = timeText(columns.isZoneless);
  return {
    text: `SELECT ${time('min(l."timestamp")')} AS first, ${time('max(l."timestamp")')} AS last FROM ${quoteTable(table)} AS l`,
    values: [],
  };
}

const timeText =
  (isZoneless: boolean) =>
  (value: string): string =>
    `to_char(${isZoneless ? value : `${value} AT TIME ZONE 'UTC'`}, ${TIME_FORMAT})`;

function expression({ name, type }: LogColumn): string {
  const column = `l.${quoteName(name)}`;
  if (name === 'timestamp') return timeText(type === 'timestamp without time zone')(column);
  // The text of an inet has its prefix length; people and exports mean the address.
  return type === 'inet' ? `host(${column})` : `${column}::text`;
}

/** The program as a reader of the export will see it: first name that is not empty, without a process id. */
function programName({ programs }: LogColumns): string {
  const names = programs.map((name) => `nullif(btrim(l.${quoteName(name)}::text), '')`);
  return `lower(regexp_replace(coalesce(${names.join(', ')}), '\\[[0-9]+\\]$', ''))`;
}

function condition(columns: LogColumns, { startMs, endMs, programs }: LogSelection): LogQuery {
  const type = columns.isZoneless ? 'timestamp' : 'timestamptz';
  // The zone of the text is ignored for a column without one, and is UTC in both cases.
  const text = `l."timestamp" >= $1::text::${type} AND l."timestamp" < $2::text::${type}`;
  const values: unknown[] = [formatTimestamp(startMs), formatTimestamp(endMs)];
  if (programs === null || columns.programs.length === 0) return { text, values };
  const name = programName(columns);
  // Rows that name no program may have one in the header of the raw line: whoever reads them looks there.
  const unnamed = columns.hasRawMessage ? ` OR ${name} IS NULL` : '';
  return {
    text: `${text} AND (${name} = ANY($3::text[])${unnamed})`,
    values: [...values, programs.map((program) => program.toLowerCase())],
  };
}
