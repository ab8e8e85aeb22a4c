import type { TableReport } from '../features/core/table-report.js';
import { renderTable } from './output.js';

const count = (value: number): string => value.toLocaleString('en-US');
const short = (value: number | null): string => (value === null ? '-' : String(Number(value.toPrecision(6))));

/** The report of a feature table for people. */
export function describeTable({ is_valid: isValid, errors, warnings, stats, files }: TableReport): string {
  const { labels } = stats;
  const facts: [string, string][] = [
    ...files.map(({ name, compression, bytes }): [string, string] => [
      'file',
      `${name} (${count(bytes)} bytes, compression ${compression})`,
    ]),
    ['rows', `${count(stats.row_count)}, ${count(stats.filtered_rows)} of them outside of the dates`],
    ['columns', `${count(stats.column_count)} features`],
    ['missing values', count(stats.missing_values)],
    ['time', stats.start === null ? 'no column "start"' : `${stats.start} to ${stats.end ?? '-'}`],
    ['devices', count(stats.device_count)],
    [
      'labels',
      labels === null
        ? 'no label column'
        : `${count(labels.normal)} normal, ${count(labels.anomalous)} anomalous (column ${labels.column})`,
    ],
  ];
  const columns = renderTable(
    ['column', 'missing', 'min', 'max', ''],
    stats.columns.map(({ name, missing, min, max, constant }) => [
      name,
      missing,
      short(min),
      short(max),
      constant ? 'constant' : '',
    ]),
  );
  return [
    renderTable(['table', ''], facts),
    '',
    columns,
    '',
    ...errors.map(({ message }) => `error: ${message}`),
    ...warnings.map(({ message }) => `warning: ${message}`),
    isValid ? 'A model can be trained on it.' : 'No model can be trained on it.',
  ].join('\n');
}
