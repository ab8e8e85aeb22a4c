import { ByteWriter, ParquetWriter, type ColumnSource, type SchemaElement } from 'hyparquet-writer';
import type { WindowConfig, WindowTable } from './core/window-table.js';

/** What a reader needs to know beside the columns; kept in the file's own key-value metadata. */
export interface TableOrigin {
  readonly featureSet: string;
  readonly catalogueVersion: string;
  readonly window: WindowConfig;
  /** For `created_by`. */
  readonly serviceVersion: string;
}

/** Some megabytes of values: what is held in memory at a time, and what a reader skips or reads as a whole. */
const ROWS_PER_GROUP = 32_768;

const LEADING: readonly SchemaElement[] = [
  { name: 'device', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  {
    name: 'start',
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    repetition_type: 'REQUIRED',
  },
  { name: 'log_count', type: 'INT32', repetition_type: 'REQUIRED' },
];

/**
 * The table as an Apache Parquet file (snappy), in pieces of one row group: device (dictionary-encoded text), start
 * (timestamp, ms, UTC), log_count (int32), then the features (float32; null = missing; a feature called log_count is not
 * written twice). The same table gives the same bytes.
 */
export function* parquetPieces(table: WindowTable, origin: TableOrigin): Generator<Uint8Array, void, void> {
  const { featureNames, logCount } = table;
  const features = featureNames.flatMap((name, column) => (name === 'log_count' ? [] : [{ name, column }]));
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: [
      { name: 'windows', num_children: LEADING.length + features.length },
      ...LEADING,
      ...features.map(({ name }): SchemaElement => ({ name, type: 'FLOAT', repetition_type: 'OPTIONAL' })),
    ],
    createdBy: `mcp-training version ${origin.serviceVersion}`,
    kvMetadata: metadata(origin),
  });
  for (let from = 0; from < logCount.length; from += ROWS_PER_GROUP) {
    const to = Math.min(from + ROWS_PER_GROUP, logCount.length);
    const columnData: ColumnSource[] = [
      ...leadingColumns(table, from, to),
      ...features.map(({ name, column }) => ({ name, data: featureColumn(table, column, from, to) })),
    ];
    // Synchronous: only a writer with a flush of its own makes it wait.
    void file.write({ columnData, rowGroupSize: ROWS_PER_GROUP });
    yield taken(writer);
  }
  void file.finish();
  yield taken(writer);
}

function metadata({ featureSet, catalogueVersion, window }: TableOrigin): { key: string; value: string }[] {
  const { lengthSeconds, strideSeconds, contextSeconds, groupBy, timezone } = window;
  return [
    { key: 'feature_set', value: featureSet },
    { key: 'catalogue_version', value: catalogueVersion },
    {
      key: 'window',
      value: JSON.stringify({
        length_seconds: lengthSeconds,
        stride_seconds: strideSeconds,
        context_seconds: contextSeconds,
        group_by: groupBy,
        timezone,
      }),
    },
  ];
}

function leadingColumns(table: WindowTable, from: number, to: number): ColumnSource[] {
  const { devices, deviceIndex, startMs, logCount } = table;
  const names = Array.from(deviceIndex.subarray(from, to), (device) => devices[device]);
  const starts = new BigInt64Array(to - from);
  for (let row = from; row < to; row++) starts[row - from] = BigInt(startMs[row]);
  return [
    { name: 'device', data: names, encoding: 'RLE_DICTIONARY' },
    { name: 'start', data: starts },
    { name: 'log_count', data: logCount.subarray(from, to) },
  ];
}

/** A typed array where every value is there; a list with nulls only where one is missing. */
function featureColumn(
  { values, featureNames }: WindowTable,
  column: number,
  from: number,
  to: number,
): Float32Array | (number | null)[] {
  const columns = featureNames.length;
  const present = new Float32Array(to - from);
  let isComplete = true;
  for (let row = from, at = from * columns + column; row < to; row++, at += columns) {
    present[row - from] = values[at];
    if (Number.isNaN(values[at])) isComplete = false;
  }
  return isComplete ? present : Array.from(present, (value) => (Number.isNaN(value) ? null : value));
}

/** What was written since the last call, as a copy: the buffer is used again. Positions in the file go on. */
function taken(writer: ByteWriter): Uint8Array {
  const piece = writer.getBytes().slice();
  writer.index = 0;
  return piece;
}
