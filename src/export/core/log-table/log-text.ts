import type { LogColumn } from './log-columns.js';

export const LOG_FORMATS = ['csv', 'json', 'ndjson'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Values of one row in the order of the columns, as text; null = nothing there. */
export type LogRow = readonly (string | null)[];

export interface LogTextOptions {
  readonly format: LogFormat;
  readonly columns: readonly LogColumn[];
  /** RFC 3339, for the metadata of a JSON export. */
  readonly createdAt: string;
}

const FORMULA = /^[=+\-@\t\r]/;
const TO_BE_QUOTED = /[",\r\n]/;

/** Rows of a table as an export that this service (and the real exporter's readers) can read. */
export class LogText {
  /** Cells of a CSV that got an apostrophe, because a spreadsheet would have run them. */
  guardedCells = 0;
  /** Rows so far. */
  written = 0;

  constructor(private readonly options: LogTextOptions) {}

  head(): string {
    const { format, columns } = this.options;
    if (format === 'ndjson') return '';
    return format === 'csv' ? `${columns.map(({ name }) => name).join(',')}\r\n` : '{"data": [\n';
  }

  row(row: LogRow): string {
    const isFirst = this.written++ === 0;
    if (this.options.format === 'csv') return `${this.csvRow(row)}\r\n`;
    if (this.options.format === 'ndjson') return `${this.jsonRow(row)}\n`;
    return isFirst ? this.jsonRow(row) : `,\n${this.jsonRow(row)}`;
  }

  /** The metadata come last: by then the records are counted. */
  tail(): string {
    const { format, createdAt } = this.options;
    if (format !== 'json') return '';
    const metadata = { created_at: createdAt, total_records: this.written, format: 'json' };
    return `\n], "export_metadata": ${JSON.stringify(metadata)}}\n`;
  }

  private jsonRow(row: LogRow): string {
    const members = this.options.columns.map(({ name, isNumber }, i) => {
      const value = row[i];
      return `${JSON.stringify(name)}:${isNumber && value !== null ? value : JSON.stringify(value)}`;
    });
    return `{${members.join(',')}}`;
  }

  /** RFC 4180. */
  private csvRow(row: LogRow): string {
    return row
      .map((value, i) => {
        if (value === null) return '';
        if (this.options.columns[i].isNumber) return value;
        const isFormula = FORMULA.test(value);
        if (isFormula) this.guardedCells++;
        const safe = isFormula ? `'${value}` : value;
        return TO_BE_QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
      })
      .join(',');
  }
}

/** `2025-05-01T00:00:00.000000Z` without the zeros that say nothing. */
export function shortTime(text: string): string {
  return text.replace(/(\.\d*?)0+Z$/, '$1Z').replace('.Z', 'Z');
}
