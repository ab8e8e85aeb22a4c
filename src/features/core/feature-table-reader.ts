import type { DecodeText } from '../../export/core/log-record.js';
import { parseTimestampMs } from '../../export/core/timestamp.js';
import { isValidUtf8 } from '../../export/core/utf8.js';
import type { FeatureTable } from './feature-table.js';
import { plainCells, plainNumber } from './plain-cells.js';
import { cellName, cellNumber, splitRow } from './table-cells.js';
import { tableColumns, type TableColumns, type TableSelection } from './table-columns.js';
import { shown, shownColumns, tableError } from './table-error.js';
import { TableLabels } from './table-labels.js';
import { TableRowFinder } from './table-row-finder.js';
import { TableRows } from './table-rows.js';

const MAX_DEVICE_CHARS = 256;
const DATE = /^\s*\d{4}-\d\d-\d\d\s*$/;

export interface TableReaderOptions extends TableSelection {
  readonly decode: DecodeText;
  /** Rows with a time outside of [startMs, endMs) are left out; null = unbounded. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly maxRows: number;
}

export interface ReadTable {
  readonly table: FeatureTable;
  /** Rows of the files, also those that the date range leaves out. */
  readonly rowsRead: number;
  /** Columns of the files that are none of the features asked for. */
  readonly ignoredColumns: readonly string[];
}

/**
 * Reads feature tables: CSV (RFC 4180; comma, semicolon or tab) whose header names the columns. Every column is a number
 * but `device` (text), `start` (ISO 8601) and the label column; the rows of several files follow each other.
 *
 * ```ts
 * reader.openFile(name);
 * for (;;) { const bytes = source.read(reader.inputSpace()); if (bytes === 0) break; reader.advance(bytes); }
 * reader.endFile(); ... const { table } = reader.finish();
 * ```
 *
 * All methods throw AppError `export_invalid` naming file, row, column and value: a number that is left out without a word
 * would be a number made up.
 */
export class FeatureTableReader {
  private file = '';
  private row = 0;
  private rowsRead = 0;
  private columns: TableColumns | null = null;
  /** Of the cells of one row. */
  private ends = new Int32Array(0);
  /** Of the first file; the others must have the same. */
  private first: TableColumns | null = null;
  private readonly ignored = new Set<string>();
  private readonly rows: TableRows;
  private readonly labels: TableLabels | null;
  private finder: TableRowFinder;

  constructor(private readonly options: TableReaderOptions) {
    this.rows = new TableRows(options.maxRows);
    this.labels = options.labelColumn === null ? null : new TableLabels(options.labelColumn);
    this.finder = this.newFinder();
  }

  openFile(name: string): void {
    this.file = name;
    this.row = 0;
    this.columns = null;
    this.finder = this.newFinder();
  }

  /** Room for the next bytes (>= 1); tell {@link advance} how many were written. */
  inputSpace(): Uint8Array {
    const space = this.finder.inputSpace();
    if (space !== null) return space;
    throw tableError(
      { file: this.file, row: this.columns === null ? null : this.row + 1 },
      'long_row',
      'is longer than a row of a table can be, or a quote is never closed',
      'Look for a quote that opens and never closes.',
    );
  }

  advance(bytes: number): void {
    this.finder.advance(bytes);
  }

  endFile(): void {
    const open = this.finder.end();
    if (open) {
      throw tableError(
        { file: this.file, row: this.columns === null ? null : this.row },
        'truncated',
        'the file ends inside a quoted cell',
        'The file was cut off, or a quote is never closed.',
      );
    }
    if (this.columns !== null) return;
    throw tableError(
      { file: this.file, row: null },
      'empty_file',
      'the file is empty',
      'Expected is a CSV file whose first line names the columns.',
    );
  }

  /** The table of all rows; the reader is of no use afterwards. */
  finish(): ReadTable {
    const { first } = this;
    if (first === null) throw new RangeError('No file was read.');
    const table = this.rows.finish(first.features);
    const labels = this.labels?.finish() ?? null;
    return {
      table: { ...table, startMs: first.start < 0 ? null : table.startMs, labels },
      rowsRead: this.rowsRead,
      ignoredColumns: [...this.ignored],
    };
  }

  private newFinder(): TableRowFinder {
    return new TableRowFinder((bytes, from, to, isAscii) => {
      this.take(bytes, from, to, isAscii);
    });
  }

  /** One line of the file that is not empty. */
  private take(bytes: Uint8Array, from: number, to: number, isAscii: boolean): void {
    const isHeader = this.columns === null;
    if (!isHeader) this.row++;
    if (!isAscii && !isValidUtf8(bytes, from, to)) {
      const row = isHeader ? null : this.row;
      const hint = 'Save the table as UTF-8.';
      throw tableError({ file: this.file, row }, 'invalid_utf8', 'the text is no valid UTF-8', hint);
    }
    if (this.columns === null) {
      this.columns = this.openColumns(this.options.decode(bytes, from, to));
      this.ends = new Int32Array(this.columns.names.length + 1);
    } else if (!isAscii || !this.takePlain(bytes, from, to, this.columns)) {
      this.takeRow(this.options.decode(bytes, from, to), this.columns);
    }
  }

  private openColumns(header: string): TableColumns {
    const { first, options } = this;
    const features = options.features ?? first?.features ?? null;
    const columns = tableColumns(this.file, header, { features, labelColumn: options.labelColumn });
    const { ignored } = columns;
    if (options.features !== null) for (const name of ignored) this.ignored.add(name);
    const place = { file: this.file, row: null };
    const hint = 'All tables of one command need the same columns.';
    if (options.features === null && ignored.length > 0) {
      throw tableError(
        place,
        'unknown_column',
        `columns that the first table lacks: ${shownColumns(ignored)}`,
        hint,
      );
    }
    for (const role of ['device', 'start'] as const) {
      if (first !== null && first[role] < 0 !== columns[role] < 0) {
        const message = `only some of the tables have a column "${role}"`;
        throw tableError(place, 'columns_differ', message, hint);
      }
    }
    if (columns.start < 0 && (options.startMs !== null || options.endMs !== null)) {
      const message = 'rows are to be chosen by date, but there is no column "start"';
      throw tableError(place, 'no_times', message, 'Leave out the dates, or add the time of each row.');
    }
    this.first ??= columns;
    this.finder.setDelimiter(columns.delimiter);
    return columns;
  }

  /** A row without quotes, mostly of short numbers, without making a text of each; false = look closer. */
  private takePlain(bytes: Uint8Array, from: number, to: number, columns: TableColumns): boolean {
    const { ends } = this;
    const { names, featureOf } = columns;
    // Positions beyond the room of `ends` are lost, but then there are too many cells anyway.
    const count = plainCells(bytes, from, to, columns.delimiter.charCodeAt(0), ends);
    if (count !== names.length) return false;
    const text = (column: number): string =>
      this.options.decode(bytes, column === 0 ? from : ends[column - 1] + 1, ends[column]);
    if (!this.beginRow(columns, text)) return true;
    for (let column = 0, start = from; column < count; column++) {
      const end = ends[column];
      const feature = featureOf[column];
      if (feature >= 0) {
        const value = plainNumber(bytes, start, end);
        this.rows.set(feature, Number.isNaN(value) ? this.number(text(column), names[column]) : value);
      }
      start = end + 1;
    }
    return true;
  }

  private takeRow(text: string, columns: TableColumns): void {
    const { names, featureOf } = columns;
    const cells = splitRow(text, columns.delimiter);
    const place = { file: this.file, row: this.row };
    if (cells?.length !== names.length) {
      const found = cells === null ? 'text behind a closing quote' : `${cells.length} cells`;
      const hint = 'Cells that hold the delimiter, a quote or a line end are put in quotes.';
      const reason = cells === null ? 'invalid_quoting' : 'wrong_column_count';
      throw tableError(place, reason, `${found}, expected are ${names.length} cells`, hint);
    }
    if (!this.beginRow(columns, (column) => cells[column])) return;
    for (let column = 0; column < cells.length; column++) {
      const feature = featureOf[column];
      if (feature >= 0) this.rows.set(feature, this.number(cells[column], names[column]));
    }
  }

  /** Begins the row with its time, device and label; false = it is outside of the date range. */
  private beginRow(columns: TableColumns, text: (column: number) => string): boolean {
    const { startMs, endMs } = this.options;
    this.rowsRead++;
    const time = columns.start < 0 ? 0 : this.time(text(columns.start), columns);
    if (time < (startMs ?? -Infinity) || time >= (endMs ?? Infinity)) return false;
    const device = columns.device < 0 ? '*' : this.device(text(columns.device), columns);
    this.labels?.take({ file: this.file, row: this.row }, text(columns.label));
    if (!this.rows.begin(device, time, columns.features.length)) throw this.tooLarge();
    return true;
  }

  private number(text: string, column: string): number {
    const value = cellNumber(text);
    const rounded = value === undefined ? Infinity : Math.fround(value);
    // Also what is finite as a double but not as the float32 that the forest compares.
    if (rounded !== Infinity && rounded !== -Infinity) return rounded;
    const place = { file: this.file, row: this.row, column, value: text };
    if (value !== undefined) {
      const hint = 'Values are single-precision numbers: at most 3.4e38.';
      throw tableError(place, 'number_too_large', `${shown(text)} is too large`, hint);
    }
    throw tableError(
      place,
      'not_a_number',
      `${shown(text)} is not a number`,
      'Every column but device, start and the label column holds numbers with a decimal point; an empty cell, NaN or null is a missing value. Leave out columns of text.',
    );
  }

  private time(text: string, { names, start }: TableColumns): number {
    // A table of days may hold dates alone.
    const time = parseTimestampMs(DATE.test(text) ? `${text.trim()}T00:00:00Z` : text);
    if (!Number.isNaN(time)) return time;
    throw tableError(
      { file: this.file, row: this.row, column: names[start], value: text },
      'not_a_time',
      `${shown(text)} is not a time`,
      'The column "start" holds the time of each row as ISO 8601, for instance 2024-01-31T06:00:00Z; a feature needs another name.',
    );
  }

  private device(text: string, { names, device }: TableColumns): string {
    const name = cellName(text);
    if (name !== '' && name.length <= MAX_DEVICE_CHARS) return name;
    throw tableError(
      { file: this.file, row: this.row, column: names[device], value: text },
      'not_a_device',
      name === '' ? 'the name of the device is empty' : `${shown(name)} is too long for a device`,
      `The column "device" names the device of each row, in at most ${MAX_DEVICE_CHARS} characters.`,
    );
  }

  private tooLarge(): Error {
    return tableError(
      { file: this.file, row: this.row },
      'too_many_rows',
      `the table has more rows than the ${this.rows.limit} that are taken`,
      'Raise features.window.max_windows, or take a sample of the rows.',
    );
  }
}
