import { formatTimestamp } from '../../export/core/timestamp.js';
import type { WindowTable } from './window-table.js';

const ROWS_PER_PIECE = 512;

/**
 * A text cell. Spreadsheets run a cell that begins like a formula, so such a name gets an apostrophe in front; quoting
 * per RFC 4180.
 */
function textCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The table as CSV: device, start (ISO 8601, Z), log_count, then the features (a feature called log_count is not
 * written twice); a missing value is an empty cell. Comes in pieces of some hundred rows, so that no table is too large
 * for a string.
 */
export function* csvPieces(table: WindowTable): Generator<string, void, void> {
  const { featureNames, values, devices } = table;
  const columns = featureNames.length;
  const written = featureNames.flatMap((name, column) => (name === 'log_count' ? [] : [column]));
  yield (
    ['device', 'start', 'log_count', ...written.map((column) => textCell(featureNames[column]))].join(',') +
    '\n'
  );
  const names = devices.map(textCell);
  const rows = table.logCount.length;
  for (let from = 0; from < rows; from += ROWS_PER_PIECE) {
    let piece = '';
    for (let row = from; row < Math.min(from + ROWS_PER_PIECE, rows); row++) {
      piece += `${names[table.deviceIndex[row]]},${formatTimestamp(table.startMs[row])},${table.logCount[row]}`;
      for (const column of written) {
        const value = values[row * columns + column];
        piece += Number.isNaN(value) ? ',' : `,${value}`;
      }
      piece += '\n';
    }
    yield piece;
  }
}
