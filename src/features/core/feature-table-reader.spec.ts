import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.js';
import { inTimeOrder } from './feature-table.js';
import { FeatureTableReader, type ReadTable, type TableReaderOptions } from './feature-table-reader.js';
import { tableReport } from './table-report.js';

const decode = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');

const OPTIONS: TableReaderOptions = {
  decode,
  features: null,
  labelColumn: null,
  startMs: null,
  endMs: null,
  maxRows: 1000,
};

/** Reads files in pieces of `step` bytes. */
function read(
  files: string | Uint8Array | readonly string[],
  options: Partial<TableReaderOptions> = {},
  step = 1 << 16,
): ReadTable {
  const reader = new FeatureTableReader({ ...OPTIONS, ...options });
  const list = typeof files === 'string' || files instanceof Uint8Array ? [files] : files;
  list.forEach((file, i) => {
    reader.openFile(`t${i + 1}.csv`);
    const bytes = typeof file === 'string' ? Buffer.from(file) : file;
    for (let at = 0; at < bytes.length;) {
      const space = reader.inputSpace();
      const piece = bytes.subarray(at, at + Math.min(step, space.length));
      space.set(piece);
      reader.advance(piece.length);
      at += piece.length;
    }
    reader.endFile();
  });
  return reader.finish();
}

function refusal(
  files: string | Uint8Array | readonly string[],
  options: Partial<TableReaderOptions> = {},
): AppError {
  try {
    read(files, options);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('The table was read.');
}

const rowsOf = ({ table }: ReadTable): number[][] =>
  Array.from({ length: table.rowCount }, (_, row) =>
    Array.from(table.values.subarray(row * table.featureNames.length, (row + 1) * table.featureNames.length)),
  );

describe('a feature table', () => {
  it.each([
    ['commas', 'a,b\n1,2.5\n-3e2,.5\n'],
    ['semicolons', 'a;b\n1;2.5\n-3e2;.5\n'],
    ['tabs', 'a\tb\n1\t2.5\n-3e2\t.5\n'],
    ['Windows line ends', 'a,b\r\n1,2.5\r\n-3e2,.5\r\n'],
    ['a byte order mark', '\ufeffa,b\n1,2.5\n-3e2,.5\n'],
    ['no line end at the end', 'a,b\n1,2.5\n-3e2,.5'],
    ['empty lines', '\na,b\n\n1,2.5\n\n\n-3e2,.5\n\n'],
    ['quotes and spaces', '"a","b"\n"1", 2.5 \n-3e2,"+.5"\n'],
  ])('with %s is read in pieces of any size', (_, text) => {
    for (const step of [1, 2, 3, 7, 1000]) {
      const result = read(text, {}, step);
      expect(result.table.featureNames).toEqual(['a', 'b']);
      expect(rowsOf(result)).toEqual([
        [1, 2.5],
        [-300, 0.5],
      ]);
    }
  });

  it('has missing values where cells are empty, NaN or null, and rounds to float32', () => {
    expect(rowsOf(read('a,b,c,d\n,NaN,null,0.1\nnan, ,NULL,1.\n'))).toEqual([
      [NaN, NaN, NaN, Math.fround(0.1)],
      [NaN, NaN, NaN, 1],
    ]);
  });

  it('knows device and start of extract-features, and keeps log_count as a feature', () => {
    const { table } = read(
      'device,start,log_count,x\nb,2024-01-01T00:05:00Z,7,1\n"a,1",2024-01-01T00:00:00,8,2\n\'=b,2024-01-01T01:00:00+01:00,9,\n',
      {},
      5,
    );
    expect(table.featureNames).toEqual(['log_count', 'x']);
    expect(table.devices).toEqual(['=b', 'a,1', 'b']);
    expect([...table.deviceIndex]).toEqual([2, 1, 0]);
    const midnight = Date.UTC(2024, 0, 1);
    expect([...(table.startMs ?? [])]).toEqual([midnight + 300_000, midnight, midnight]);
    const sorted = inTimeOrder(table);
    expect([...sorted.deviceIndex]).toEqual([1, 0, 2]);
    expect([...sorted.values]).toEqual([8, 2, 9, NaN, 7, 1]);
  });

  it('without these columns has one device, no times, and keeps its order', () => {
    const { table } = read('x\n3\n1\n2\n');
    expect(table).toMatchObject({ devices: ['*'], startMs: null, labels: null, rowCount: 3 });
    expect(inTimeOrder(table)).toBe(table);
  });

  it('is cut by date when it has times, without reading the numbers of other rows', () => {
    const text = 'start,x\n2024-01-01T00:00:00Z,bad\n2024-01-02T00:00:00Z,2\n2024-01-03T00:00:00Z,bad\n';
    const result = read(text, { startMs: Date.UTC(2024, 0, 2), endMs: Date.UTC(2024, 0, 3) });
    expect(rowsOf(result)).toEqual([[2]]);
    expect(result.rowsRead).toBe(3);
  });

  it('may come in several files whose columns are in another order', () => {
    expect(rowsOf(read(['a,b\n1,2\n', 'b;a\n4;3\n']))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('is read by the names that a model takes; what else it has is named', () => {
    const result = read('junk,b,label,a\nx,2,1,1\n', { features: ['a', 'b'] });
    expect(rowsOf(result)).toEqual([[1, 2]]);
    expect(result.ignoredColumns).toEqual(['junk', 'label']);
  });

  it('has many rows and columns', () => {
    const names = Array.from({ length: 40 }, (_, i) => `c${i}`);
    const lines = Array.from({ length: 9000 }, (_, row) => names.map((_, i) => row + i / 64).join(','));
    const result = read(`${names.join(',')}\n${lines.join('\n')}`, { maxRows: 9000 }, 777);
    expect(result.table.rowCount).toBe(9000);
    expect(rowsOf(result)[8999]).toEqual(names.map((_, i) => 8999 + i / 64));
  });
});

describe('labels', () => {
  const labels = (cells: readonly string[]): number[] => [
    ...(read(`x,y\n${cells.map((cell) => `1,${cell}`).join('\n')}\n`, { labelColumn: 'y' }).table.labels ??
      []),
  ];

  it.each([
    [
      ['0', '1', '1.0', '0.0'],
      [0, 1, 1, 0],
    ],
    [
      ['true', 'False', 'YES', 'no'],
      [1, 0, 1, 0],
    ],
    [
      ['Normal', 'ANOMALY', ' anomaly ', '0'],
      [0, 1, 1, 0],
    ],
    [
      ['1', '-1', '1', '-1.0'],
      [0, 1, 0, 1],
    ],
    [
      ['1', '1'],
      [1, 1],
    ],
  ])('%j are %j', (cells, expected) => {
    expect(labels(cells)).toEqual(expected);
  });

  it('are no feature, whatever their column is called', () => {
    const { table } = read('start,x\n1,5\n0,6\n', { labelColumn: 'start' });
    expect(table).toMatchObject({ featureNames: ['x'], startMs: null, labels: Uint8Array.of(1, 0) });
  });

  it.each([['2'], [''], ['NaN'], ['attack'], ['constructor']])('%j is refused with its row', (cell) => {
    const error = refusal(`x,y\n1,0\n1,${cell}\n`, { labelColumn: 'y' });
    expect(error.message).toBe(`t1.csv: row 2, column "y": ${JSON.stringify(cell)} is not a label.`);
    expect(error.details).toMatchObject({ reason: 'not_a_label', row: 2, column: 'y' });
  });

  it.each(['0', 'normal'])('%j beside -1 is refused with its row', (cell) => {
    const error = refusal(`x,y\n1,1\n1,${cell}\n1,-1\n`, { labelColumn: 'y' });
    expect(error.details).toMatchObject({ reason: 'mixed_labels', row: 2, value: cell });
  });
});

describe('a table that cannot be used', () => {
  it.each<[string, string | readonly string[], Partial<TableReaderOptions>, string, string]>([
    ['text in a column', 'a,b\n1,2\n3,x1\n', {}, 'not_a_number', 'row 2, column "b": "x1" is not a number'],
    ['a hexadecimal number', 'a\n0x1F\n', {}, 'not_a_number', 'row 1, column "a": "0x1F"'],
    ['a decimal comma', 'a;b\n1;2,5\n', {}, 'not_a_number', 'row 1, column "b": "2,5"'],
    ['infinity', 'a\ninf\n', {}, 'not_a_number', '"inf" is not a number'],
    ['a number above float32', 'a\n1e39\n', {}, 'number_too_large', '"1e39" is too large'],
    ['a number above float64', 'a\n-1e999\n', {}, 'number_too_large', '"-1e999" is too large'],
    ['too few cells', 'a,b\n1\n', {}, 'wrong_column_count', 'row 1, 1 cells, expected are 2 cells'],
    ['too many cells', 'a,b\n1,2,\n', {}, 'wrong_column_count', '3 cells'],
    ['text behind a quote', 'a,b\n1,"2"3\n', {}, 'invalid_quoting', 'text behind a closing quote'],
    ['an open quote', 'a,b\n1,"2\n', {}, 'truncated', 'ends inside a quoted cell'],
    ['no row at all', '', {}, 'empty_file', 'the file is empty'],
    ['no header', '1,2\n3,4\n', {}, 'no_header', 'the first line holds numbers'],
    ['JSON', '{"logs": []}', {}, 'not_a_table', 'it begins like JSON'],
    ['bytes', 'a\u0000b\n1\n', {}, 'not_a_table', 'no text'],
    ['a column twice', 'a,b,a\n1,2,3\n', {}, 'duplicate_column', '"a" twice'],
    ['a column without name', 'a,,b\n1,2,3\n', {}, 'empty_column_name', 'column 2 has no name'],
    ['a name without end', `${'n'.repeat(201)}\n1\n`, {}, 'long_column_name', '200 characters'],
    ['no feature', 'device,start\nx,2024-01-01\n', {}, 'no_features', 'no feature column'],
    ['a wrong label column', 'a,b\n1,2\n', { labelColumn: 'y' }, 'missing_label_column', '"a", "b"'],
    ['a time that is none', 'start,a\nmonday,1\n', {}, 'not_a_time', 'row 1, column "start": "monday"'],
    ['a device without name', 'device,a\n,1\n', {}, 'not_a_device', 'is empty'],
    ['dates without times', 'a\n1\n', { startMs: 0 }, 'no_times', 'no column "start"'],
    [
      'more rows than allowed',
      'a\n1\n2\n3\n',
      { maxRows: 2 },
      'too_many_rows',
      'row 3, the table has more rows than the 2',
    ],
    [
      'another file without a column',
      ['a,b\n1,2\n', 'a\n1\n'],
      {},
      'missing_column',
      't2.csv: 1 of the 2 feature columns',
    ],
    [
      'another file with a column more',
      ['a\n1\n', 'a,b\n1,2\n'],
      {},
      'unknown_column',
      't2.csv: columns that the first table lacks: "b"',
    ],
    ['another file without times', ['start,a\n2024-01-01,1\n', 'a\n1\n'], {}, 'columns_differ', 'only some'],
    [
      'columns a model needs',
      'a,z\n1,2\n',
      { features: ['a', 'b'] },
      'missing_column',
      'missing: "b"; unknown are: "z"',
    ],
  ])('because of %s is refused by name', (_, files, options, reason, message) => {
    const error = refusal(files, options);
    expect(error.code).toBe('export_invalid');
    expect(error.details.reason).toBe(reason);
    expect(error.message).toContain(message);
    expect(error.hint).not.toBe('');
  });

  it('because of more than 1000 columns', () => {
    const names = Array.from({ length: 1001 }, (_, i) => `c${i}`).join(',');
    expect(refusal(`${names}\n`).details.reason).toBe('too_many_columns');
  });

  it('because it is no UTF-8', () => {
    expect(refusal(Uint8Array.of(0x61, 0x0a, 0x31, 0xff, 0x0a)).message).toContain(
      'row 1, the text is no valid UTF-8',
    );
  });

  it('because a quote never closes, before it fills the memory', () => {
    const error = refusal(`a,b\n1,"${'x\n'.repeat(3 << 20)}`);
    expect(error.details.reason).toBe('long_row');
    expect(error.message).toContain('row 1');
  });
});

describe('the report of a table', () => {
  const rows = Array.from({ length: 300 }, (_, i) => `${i},5,${i % 3 === 0 ? '' : i},,${i < 10 ? 1 : 0}`);
  const read300 = read(`a,same,gaps,empty,y\n${rows.join('\n')}\n`, { labelColumn: 'y' });

  it('tells what is missing, what never changes and how many labels there are', () => {
    const report = tableReport(read300, 'y', []);
    expect(report.is_valid).toBe(true);
    expect(report.stats).toMatchObject({
      row_count: 300,
      column_count: 4,
      missing_values: 400,
      labels: { column: 'y', normal: 290, anomalous: 10 },
      start: null,
    });
    expect(report.stats.columns).toEqual([
      { name: 'a', missing: 0, constant: false, min: 0, max: 299 },
      { name: 'same', missing: 0, constant: true, min: 5, max: 5 },
      { name: 'gaps', missing: 100, constant: false, min: 1, max: 299 },
      { name: 'empty', missing: 300, constant: true, min: null, max: null },
    ]);
    expect(report.warnings.map(({ code, message }) => [code, message])).toEqual([
      ['empty_columns', 'Columns without any number, which tell nothing: empty.'],
      ['constant_columns', 'Columns that never change, which tell nothing: same.'],
    ]);
  });

  it('says how many rows are missing for a training', () => {
    const report = tableReport(read('a,y\n1,0\n2,0\n', { labelColumn: 'y' }), 'y', []);
    expect(report.is_valid).toBe(false);
    expect(report.errors[0]).toMatchObject({
      code: 'not_enough_rows',
      details: { required: 288, found: 2, missing: 286, unit: 'rows' },
    });
    expect(report.warnings[0].code).toBe('one_label');
  });
});
