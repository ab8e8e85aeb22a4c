import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { WindowTable } from './core/window-table.js';
import { parquetPieces, type TableOrigin } from './parquet-table.js';

const ORIGIN: TableOrigin = {
  featureSet: 'wifi',
  catalogueVersion: '7',
  window: {
    lengthSeconds: 300,
    strideSeconds: 60,
    contextSeconds: 1800,
    groupBy: 'device',
    timezone: 'Europe/Berlin',
    maxWindows: 10,
  },
  serviceVersion: '0.1.0',
};
const START = Date.UTC(2025, 5, 1);

function table(
  rows: number,
  devices: readonly string[],
  value: (row: number, column: number) => number,
): WindowTable {
  const featureNames = ['deauth_ratio', 'log_count', 'mean_signal_strength'];
  return {
    featureNames,
    devices,
    deviceIndex: Int32Array.from({ length: rows }, (_, row) => row % devices.length),
    startMs: Float64Array.from(
      { length: rows },
      (_, row) => START + Math.floor(row / devices.length) * 60_000,
    ),
    logCount: Int32Array.from({ length: rows }, (_, row) => row),
    values: Float32Array.from({ length: rows * 3 }, (_, i) => value(Math.floor(i / 3), i % 3)),
    windowSeconds: 300,
  };
}

function file(content: WindowTable): ArrayBuffer {
  const pieces = [...parquetPieces(content, ORIGIN)];
  return new Uint8Array(pieces.flatMap((piece) => [...piece])).buffer;
}

describe('a feature table as Parquet', () => {
  it('holds device, start, line count and features; what is missing is null', async () => {
    const values = [0.1, 1, -61.5, 0, 2, NaN];
    const bytes = file(table(2, ['ap "1"', 'ü'], (row, column) => values[row * 3 + column]));
    expect(await parquetReadObjects({ file: bytes })).toEqual([
      {
        device: 'ap "1"',
        start: new Date(START),
        log_count: 0,
        deauth_ratio: Math.fround(0.1),
        mean_signal_strength: -61.5,
      },
      { device: 'ü', start: new Date(START), log_count: 1, deauth_ratio: 0, mean_signal_strength: null },
    ]);
  });

  it('says which features they are and how the windows were cut', () => {
    const { key_value_metadata: pairs, created_by: createdBy } = parquetMetadata(
      file(table(1, ['a'], () => 0)),
    );
    expect(createdBy).toBe('mcp-training version 0.1.0');
    const found = Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value ?? '']));
    expect(found).toMatchObject({ feature_set: 'wifi', catalogue_version: '7' });
    expect(JSON.parse(found.window)).toEqual({
      length_seconds: 300,
      stride_seconds: 60,
      context_seconds: 1800,
      group_by: 'device',
      timezone: 'Europe/Berlin',
    });
  });

  it('of many rows comes in pieces, each a row group, and none grows with the table', async () => {
    const content = table(70_000, ['a', 'b', 'c'], (row, column) =>
      column === 2 && row % 9 === 0 ? NaN : row / 7,
    );
    const pieces = [...parquetPieces(content, ORIGIN)];
    expect(pieces).toHaveLength(4);
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer()).buffer;
    const { row_groups: groups, num_rows: rows } = parquetMetadata(bytes);
    expect([rows, groups.map(({ num_rows: n }) => n)]).toEqual([70_000n, [32_768n, 32_768n, 4_464n]]);
    const found = await parquetReadObjects({ file: bytes, rowStart: 65_000, rowEnd: 66_000 });
    expect(found).toEqual(
      Array.from({ length: 1000 }, (_, i) => i + 65_000).map((row) => ({
        device: ['a', 'b', 'c'][row % 3],
        start: new Date(START + Math.floor(row / 3) * 60_000),
        log_count: row,
        deauth_ratio: Math.fround(row / 7),
        mean_signal_strength: row % 9 === 0 ? null : Math.fround(row / 7),
      })),
    );
  });

  it('without rows is a file with columns', async () => {
    const bytes = file(table(0, ['a'], () => 0));
    expect(
      parquetMetadata(bytes)
        .schema.slice(1)
        .map(({ name }) => name),
    ).toEqual(['device', 'start', 'log_count', 'deauth_ratio', 'mean_signal_strength']);
    expect(await parquetReadObjects({ file: bytes })).toEqual([]);
  });

  it('is the same bytes for the same table', () => {
    const content = table(1000, ['a', 'b'], (row) => row / 3);
    expect(Buffer.from(file(content)).equals(Buffer.from(file(content)))).toBe(true);
  });
});
