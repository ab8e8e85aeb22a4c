import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../test/support/export-fixtures.js';
import { ScanBench, type Row, type Scanned } from '../../../test/support/scan-fixtures.js';
import type { PartFormat } from './parser-context.js';
import { findSplit } from './split-points.js';

const json = JSON.stringify;
const padding = ' '.repeat(66_000);
const entry = (fields: Readonly<Record<string, unknown>>): unknown => ({
  id: 1,
  timestamp: '2025-06-09T08:03:57',
  device_id: 1,
  log_level: 'info',
  process_name: 'hostapd',
  message: 'm',
  ...fields,
});
const entries = [
  entry({ message: 'quote " and }, {"id": 1}\n{' }),
  entry({ id: 2, device_id: 2, process_name: 'kernel' }),
  entry({ id: 3, message: 'line' }),
  entry({ id: 4 }),
  entry({ id: 5 }),
];
const list = (space: number): string => entries.map((one) => json(one, null, space)).join(', ');
const cells = ['2025-06-09 08:03:57', '"a ""b""\n2025,c,d\n"', '3', 'hostapd', 'info'];
const FILES: readonly (readonly [string, string])[] = [
  ['logs', `{"metadata": {"total_records": 5}, "logs": [${padding}${list(0)}]}`],
  ['data with metadata behind', `{"data": [${padding}${list(2)}], "metadata": {"total_records": 5}}`],
  ['data without metadata', `{"data": [${list(0)}]}`],
  ['an array with bad records', `[${padding}{"a": 1}, ${list(0)}, 5, {"message" 1}, ${list(0)}]`],
  ['ndjson', `${padding}${entries.map((one) => `${json(one)}\n`).join('\n')}`],
  ['ndjson over several lines', entries.map((one) => `${json(one, null, 1)}\r\n`).join('')],
  ['ndjson with broken lines', `${padding}{"message": 1}\n{"a\n${json(entries[0])}\nx\n${json(entries[1])}`],
  ['csv', `timestamp,message,device_id,process_name,level\n${padding}\n${`${cells.join(',')}\n`.repeat(4)}`],
  ['csv with CR LF', `timestamp;message;device_id\r\n${'2025-06-09 08:03:57;"a\r\nb";3\r\n'.repeat(4)}`],
];

/** What a parser knows when it has reached the records. */
const formatOf = (bench: ScanBench, file: Uint8Array): PartFormat =>
  structuredClone(bench.read(file, [60]).partFormat!);

/** A row whatever its names are numbered. */
const shifted = (row: Row, by: number): unknown => ({ ...row, ids: [], recordIndex: row.recordIndex + by });

/** What two parts say of a file, as if one parser had read it. */
function joined(first: Scanned, second: Scanned): unknown {
  const by = first.recordCount;
  const said = second.said.map(([kind, what, index, ...rest]) => {
    if (kind === 'close') return [kind, Number(what) + by];
    if (kind === 'declare') return [kind, what, index];
    return kind === 'clock'
      ? [kind, what, Number(index) + by, ...rest]
      : [kind, what, Number(index) + by, ...rest];
  });
  return {
    rows: [...first.rows.map((row) => shifted(row, 0)), ...second.rows.map((row) => shifted(row, by))],
    said: [...first.said, ...said],
    outcome: second.outcome,
  };
}

/** Comparing texts is quick; the difference is shown by the other comparison. */
function expectSame(actual: unknown, expected: unknown, stopAt: number): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    expect(actual, `cut at ${stopAt}`).toEqual(expected);
}

describe.each([
  ['with the compiled scanner', new ScanBench(true)],
  ['without it', new ScanBench(false)],
])('a file in two parts, %s', (_, bench) => {
  it.each(FILES)('reads %s as in one piece, wherever it is cut', (_name, text) => {
    const file = utf8(text);
    const whole = bench.read(file, [file.length]);
    const expected = joined({ ...whole, rows: [], said: [], recordCount: 0 }, whole);
    const format = formatOf(bench, file);
    let hits = 0;
    const firstCut = Math.max(1, text.includes(padding) ? padding.length - 20 : 1);
    for (let stopAt = firstCut; stopAt < file.length; stopAt++) {
      const chunks = stopAt % 2 === 0 ? [file.length] : [stopAt, 100];
      const first = bench.read(file, chunks, { part: { from: null, stopAt } });
      if (first.stop !== 'hit') {
        expectSame({ ...first, stop: 'reading', partFormat: null }, { ...whole, partFormat: null }, stopAt);
        continue;
      }
      hits++;
      const part = { from: { byteOffset: stopAt, format }, stopAt: null };
      const second = bench.read(file.subarray(stopAt), chunks, { part });
      expectSame(joined(first, second), expected, stopAt);
    }
    expect(hits).toBeGreaterThanOrEqual(4);
  });

  it('reads a part between two others', () => {
    const file = utf8(FILES[0][1]);
    const whole = bench.read(file, [file.length]);
    const format = formatOf(bench, file);
    const cuts = [1, 2].map((record) => whole.rows[record * 2].byteOffset);
    const middle = bench.read(file.subarray(cuts[0]), [50], {
      part: { from: { byteOffset: cuts[0], format }, stopAt: cuts[1] },
    });
    expect(middle.stop).toBe('hit');
    expect(middle.rows.map(({ message }) => message)).toEqual(
      whole.rows.slice(2, 4).map(({ message }) => message),
    );
  });
});

describe('a likely place to split a file', () => {
  const bench = new ScanBench(false);
  // Records that begin with other keys than the first one does are not looked for.
  it.each(FILES.filter(([name]) => !name.includes('an array')))(
    'is the beginning of a record: %s',
    (name, text) => {
      const file = utf8(text);
      const whole = bench.read(file, [file.length]);
      const starts = new Set(whole.rows.map(({ byteOffset }) => byteOffset));
      // Of a short file, only its beginning leaves enough rows to judge by.
      const from = name.startsWith('csv') ? whole.rows[0].byteOffset - 1 : whole.rows[0].byteOffset + 5;
      const at = findSplit(file, from, file.length, formatOf(bench, file));
      expect(starts.has(at)).toBe(true);
      expect(findSplit(file, file.length - 3, file.length, formatOf(bench, file))).toBe(-1);
    },
  );

  it('is not between objects inside of a record', () => {
    const nested = entry({ list: [{ a: 1 }, { a: 2 }, { a: 3 }] });
    const file = utf8(json({ logs: [nested, nested] }));
    const { rows } = bench.read(file, [file.length]);
    expect(findSplit(file, 20, file.length, formatOf(bench, file))).toBe(rows[1].byteOffset);
  });
});
