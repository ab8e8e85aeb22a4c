import { formatTimestamp } from '../../export/core/timestamp.js';
import type { InputFile } from '../../export/core/validation-report.js';
import type { ReadTable } from './feature-table-reader.js';
import type { FeatureTable } from './feature-table.js';

/** As many as a day of five-minute windows: fewer rows than this make no model worth the name. */
export const MIN_TABLE_ROWS = 288;

export type TableFile = Omit<InputFile, 'format'> & { readonly format: 'feature-table' };

export interface TableFinding {
  readonly code: string;
  readonly message: string;
  readonly count: number;
  readonly details?: Readonly<Record<'required' | 'found' | 'missing', number>> & { readonly unit: 'rows' };
}

export interface TableColumnStats {
  readonly name: string;
  /** Cells without a number. */
  readonly missing: number;
  /** All cells that hold a number hold the same one, or none does. */
  readonly constant: boolean;
  readonly min: number | null;
  readonly max: number | null;
}

/** What `validate --input features` prints; stands in report.json of a model where the report of an export does. */
export interface TableReport {
  readonly is_valid: boolean;
  readonly errors: readonly TableFinding[];
  readonly warnings: readonly TableFinding[];
  readonly stats: {
    /** Rows of the files; `filtered_rows` of them are outside of the date range. */
    readonly row_count: number;
    readonly filtered_rows: number;
    readonly column_count: number;
    readonly columns: readonly TableColumnStats[];
    readonly missing_values: number;
    /** Without a column "device": one, "*". */
    readonly device_count: number;
    /** Time of the first and of the last row, RFC 3339 UTC; null without a column "start". */
    readonly start: string | null;
    readonly end: string | null;
    readonly labels: { readonly column: string; readonly normal: number; readonly anomalous: number } | null;
  };
  readonly files: readonly TableFile[];
}

export function tableReport(
  { table, rowsRead, ignoredColumns }: ReadTable,
  labelColumn: string | null,
  files: readonly TableFile[],
): TableReport {
  const columns = columnStats(table);
  const labels = labelStats(table, labelColumn);
  const errors = rowErrors(table.rowCount);
  const [start, end] = timeRange(table.startMs);
  return {
    is_valid: errors.length === 0,
    errors,
    warnings: warnings(table.rowCount, columns, labels, ignoredColumns),
    stats: {
      row_count: rowsRead,
      filtered_rows: rowsRead - table.rowCount,
      column_count: columns.length,
      columns,
      missing_values: columns.reduce((sum, { missing }) => sum + missing, 0),
      device_count: table.devices.length,
      start,
      end,
      labels,
    },
    files,
  };
}

function columnStats({ featureNames, values, rowCount }: FeatureTable): TableColumnStats[] {
  const columns = featureNames.length;
  return featureNames.map((name, column) => {
    let missing = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let row = 0, at = column; row < rowCount; row++, at += columns) {
      const value = values[at];
      if (Number.isNaN(value)) missing++;
      else {
        if (value < min) min = value;
        if (value > max) max = value;
      }
    }
    const isEmpty = missing === rowCount;
    return { name, missing, constant: min >= max, min: isEmpty ? null : min, max: isEmpty ? null : max };
  });
}

function labelStats({ labels }: FeatureTable, column: string | null): TableReport['stats']['labels'] {
  if (labels === null || column === null) return null;
  const anomalous = labels.reduce((sum, label) => sum + label, 0);
  return { column, normal: labels.length - anomalous, anomalous };
}

function timeRange(startMs: Float64Array | null): [start: string | null, end: string | null] {
  if (startMs === null || startMs.length === 0) return [null, null];
  const first = startMs.reduce((a, b) => Math.min(a, b));
  const last = startMs.reduce((a, b) => Math.max(a, b));
  return [formatTimestamp(first), formatTimestamp(last)];
}

function rowErrors(rows: number): TableFinding[] {
  if (rows >= MIN_TABLE_ROWS) return [];
  const missing = MIN_TABLE_ROWS - rows;
  return [
    {
      code: 'not_enough_rows',
      message: `Not enough data to train: ${rows} rows, at least ${MIN_TABLE_ROWS} are needed; ${missing} ${missing === 1 ? 'is' : 'are'} missing.`,
      count: 1,
      details: { required: MIN_TABLE_ROWS, found: rows, missing, unit: 'rows' },
    },
  ];
}

function warnings(
  rows: number,
  columns: readonly TableColumnStats[],
  labels: TableReport['stats']['labels'],
  ignored: readonly string[],
): TableFinding[] {
  const found: TableFinding[] = [];
  const named = (code: string, names: readonly string[], text: string): void => {
    if (names.length === 0) return;
    const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
    found.push({ code, message: `${text}: ${names.slice(0, 10).join(', ')}${more}.`, count: names.length });
  };
  if (rows > 0) {
    const empty = columns.filter(({ missing }) => missing === rows);
    const constant = columns.filter((column) => column.constant && column.missing < rows);
    const namesOf = (list: readonly TableColumnStats[]): string[] => list.map(({ name }) => name);
    named('empty_columns', namesOf(empty), 'Columns without any number, which tell nothing');
    named('constant_columns', namesOf(constant), 'Columns that never change, which tell nothing');
  }
  named('ignored_columns', ignored, 'Columns that the model does not know were left out');
  if (labels !== null && (labels.normal === 0 || labels.anomalous === 0)) {
    const message = `All labels of the column ${labels.column} are ${labels.normal === 0 ? 'anomalies' : 'normal'}: nothing can be measured with them.`;
    found.push({ code: 'one_label', message, count: labels.normal + labels.anomalous });
  }
  return found;
}
