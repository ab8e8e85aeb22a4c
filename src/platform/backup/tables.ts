import type { Client } from 'pg';
import QueryStream from 'pg-query-stream';
import { MIGRATIONS_TABLE } from '../database/data-source.js';

/** Rows as lines of JSON: what `row_to_json` writes, `json_populate_recordset` reads back without a difference. */

const ROWS_A_FETCH = 200;
const MAX_BATCH_CHARS = 4_000_000;

/** Tables of the service, referenced ones before those that refer to them. The list of migrations is not one of them. */
export async function tablesInOrder(client: Client): Promise<string[]> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> $1 ORDER BY 1`,
    [MIGRATIONS_TABLE],
  );
  const { rows: references } = await client.query<{ name: string; target: string }>(
    `SELECT c.relname AS name, t.relname AS target FROM pg_constraint f
     JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class t ON t.oid = f.confrelid
     WHERE f.contype = 'f' AND f.connamespace = current_schema()::regnamespace AND f.conrelid <> f.confrelid`,
  );
  const ordered: string[] = [];
  const visit = (name: string): void => {
    if (ordered.includes(name)) return;
    for (const { target } of references.filter((reference) => reference.name === name)) visit(target);
    ordered.push(name);
  };
  for (const { name } of tables) visit(name);
  return ordered;
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** One JSON document a row, by primary key; the rows are never in memory together. */
export async function* rowLines(client: Client, table: string): AsyncGenerator<string> {
  const { rows: key } = await client.query<{ name: string }>(
    `SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
     WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)`,
    [quoted(table)],
  );
  const order = key.length === 0 ? '' : ` ORDER BY ${key.map(({ name }) => `t.${quoted(name)}`).join(', ')}`;
  const sql = `SELECT row_to_json(t)::text AS line FROM ${quoted(table)} t${order}`;
  const stream = client.query(new QueryStream(sql, [], { batchSize: ROWS_A_FETCH }));
  for await (const { line } of stream as AsyncIterable<{ line: string }>) yield `${line}\n`;
}

/** Fills a table. @returns the number of rows */
export async function insertLines(
  client: Client,
  table: string,
  lines: AsyncIterable<string>,
): Promise<number> {
  const sql = `INSERT INTO ${quoted(table)} OVERRIDING SYSTEM VALUE
    SELECT * FROM json_populate_recordset(NULL::${quoted(table)}, $1::json)`;
  let batch: string[] = [];
  let chars = 0;
  let rows = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await client.query(sql, [`[${batch.join(',')}]`]);
    rows += batch.length;
    batch = [];
    chars = 0;
  };
  for await (const line of lines) {
    batch.push(line);
    chars += line.length;
    if (batch.length >= ROWS_A_FETCH || chars > MAX_BATCH_CHARS) await flush();
  }
  await flush();
  return rows;
}
