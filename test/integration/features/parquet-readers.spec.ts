import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { csvPieces } from '../../../src/features/core/csv-table.js';
import type { WindowTable } from '../../../src/features/core/window-table.js';
import { parquetPieces } from '../../../src/features/parquet-table.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { pythonModule, runPython } from '../package/python.js';

const ROWS = 40_000;
const COLUMNS = 6;
const START = Date.UTC(2025, 5, 1);

/** More rows than a row group; every kind of column: constant, few values, all different, often and always missing. */
function table(): WindowTable {
  const values = new Float32Array(ROWS * COLUMNS);
  for (let row = 0; row < ROWS; row++) {
    values.set(
      [0, row % 3, Math.sin(row) * 1e6, row % 5 === 0 ? NaN : -row / 7, NaN, row % 2 === 0 ? 1e-30 : -0],
      row * COLUMNS,
    );
  }
  return {
    featureNames: ['constant', 'few', 'many', 'gaps', 'never', 'tiny'],
    devices: ['ap-1', 'Büro, "2. Stock"', '東京'],
    deviceIndex: Int32Array.from({ length: ROWS }, (_, row) => row % 3),
    startMs: Float64Array.from({ length: ROWS }, (_, row) => START + Math.floor(row / 3) * 300_000),
    logCount: Int32Array.from({ length: ROWS }, (_, row) => (row * 7919) % 1000),
    values,
    windowSeconds: 300,
  };
}

/** Prints the schema, the metadata, and the first and last rows, and compares all numbers with those of the CSV. */
const COMPARE = `
import csv, json, struct
from datetime import datetime
import pyarrow as pa, pyarrow.parquet as pq

def float32(cell):
    return struct.unpack("f", struct.pack("f", float(cell)))[0]

file = pq.ParquetFile("t.parquet")
table = file.read(use_threads=False)
table.validate(full=True)
types = {field.name: str(field.type) for field in table.schema}
rows = list(csv.reader(open("t.csv", encoding="utf-8")))
header, rows = rows[0], rows[1:]
assert header == table.column_names, header
differences = 0
columns = {name: table.column(name).to_pylist() for name in header}
for number, row in enumerate(rows):
    for name, cell in zip(header, row):
        value = columns[name][number]
        if name == "device":
            same = cell == value
        elif name == "start":
            same = datetime.fromisoformat(cell.replace("Z", "+00:00")) == value
        elif cell == "":
            same = value is None
        else:
            same = value is not None and float32(cell) == value
        differences += not same
metadata = {k.decode(): v.decode() for k, v in table.schema.metadata.items()}
encodings = file.metadata.row_group(0).column(0).encodings
print(json.dumps([types, len(rows), differences, metadata, file.num_row_groups, table.column("never").null_count, "RLE_DICTIONARY" in encodings]))
`;

describe('a Parquet table of ours', () => {
  const directory = temporaryDirectory('parquet');
  const skipped = 'the Parquet files are read by JavaScript only.';
  const pyarrow = pythonModule('pyarrow', skipped);
  const pandas = pythonModule('pandas', skipped);
  const duckdb = pythonModule('duckdb', skipped);
  const content = table();
  writeFileSync(
    join(directory, 't.parquet'),
    Buffer.concat([
      ...parquetPieces(content, {
        featureSet: 'wifi',
        catalogueVersion: '1',
        window: {
          lengthSeconds: 300,
          strideSeconds: 300,
          contextSeconds: 1800,
          groupBy: 'device',
          timezone: 'UTC',
          maxWindows: ROWS,
        },
        serviceVersion: '0.1.0',
      }),
    ]),
  );
  writeFileSync(join(directory, 't.csv'), [...csvPieces(content)].join(''));

  it.runIf(pyarrow !== undefined)('is read by pyarrow, cell by cell as the CSV', async () => {
    const { stdout, stderr, code } = await runPython(directory, ['-W', 'error', '-c', COMPARE]);
    expect(code, stderr).toBe(0);
    const [types, rows, differences, metadata, groups, nulls, isDictionary] = JSON.parse(stdout) as unknown[];
    expect([rows, differences, groups, nulls, isDictionary]).toEqual([ROWS, 0, 2, ROWS, true]);
    expect(types).toEqual({
      device: 'string',
      start: 'timestamp[ms, tz=UTC]',
      log_count: 'int32',
      ...Object.fromEntries(content.featureNames.map((name) => [name, 'float'])),
    });
    expect(metadata).toMatchObject({ feature_set: 'wifi', catalogue_version: '1' });
  });

  it.runIf(pandas !== undefined && pyarrow !== undefined)('is read by pandas', async () => {
    const script = `
import pandas as pd
t = pd.read_parquet("t.parquet", use_threads=False)
print(len(t), t["gaps"].isna().sum(), str(t["start"].iloc[-1]), t["few"].dtype)`;
    const { stdout, stderr, code } = await runPython(directory, ['-c', script]);
    expect(code, stderr).toBe(0);
    const last = new Date(START + Math.floor((ROWS - 1) / 3) * 300_000).toISOString();
    expect(stdout.trim()).toBe(`${ROWS} ${ROWS / 5} ${last.slice(0, 19).replace('T', ' ')}+00:00 float32`);
  });

  it.runIf(duckdb !== undefined)('is read by DuckDB', async () => {
    const script = `
import duckdb
print(*duckdb.sql("SELECT count(*), count(gaps), count(DISTINCT device), epoch_ms(min(start)), sum(log_count) FROM 't.parquet'").fetchall()[0])`;
    const { stdout, stderr, code } = await runPython(directory, ['-c', script]);
    expect(code, stderr).toBe(0);
    const lines = content.logCount.reduce((sum, count) => sum + count, 0);
    expect(stdout.trim()).toBe(`${ROWS} ${(ROWS * 4) / 5} 3 ${START} ${lines}`);
  });
});
