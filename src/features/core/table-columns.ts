import { cellName, cellNumber, headerDelimiter, splitRow } from './table-cells.js';
import { shown, shownColumns, tableError } from './table-error.js';

export const MAX_TABLE_COLUMNS = 1000;
const MAX_NAME_CHARS = 200;
/** Columns that `extract-features` writes in front of the features, in any case. */
const DEVICE = 'device';
const START = 'start';

export interface TableSelection {
  /** The features, in this order, that every file must have; null = all columns of the first file that are no other. */
  readonly features: readonly string[] | null;
  readonly labelColumn: string | null;
}

/** What the columns of one file are. */
export interface TableColumns {
  readonly delimiter: string;
  /** As in the file. */
  readonly names: readonly string[];
  readonly features: readonly string[];
  /** Column -> index of its feature; -1: no feature. */
  readonly featureOf: Int32Array;
  /** Number of a column; -1: there is none. */
  readonly device: number;
  readonly start: number;
  readonly label: number;
  /** Columns that nobody asked for; only when the features were given. */
  readonly ignored: readonly string[];
}

/**
 * The columns as the header names them.
 *
 * @throws AppError `export_invalid` naming what is wrong with the header, or which features it lacks
 */
export function tableColumns(file: string, header: string, selection: TableSelection): TableColumns {
  const delimiter = headerDelimiter(header);
  const names = headerNames(file, header, delimiter);
  const label = labelOf(file, names, selection.labelColumn);
  const find = (role: string): number => {
    const at = names.findIndex((name, column) => column !== label && name.toLowerCase() === role);
    return at >= 0 && selection.features?.includes(names[at]) === true ? -1 : at;
  };
  const device = find(DEVICE);
  const start = find(START);
  const others = names.filter((_, column) => column !== device && column !== start && column !== label);
  const features = selection.features ?? others;
  if (features.length === 0) {
    throw headerError(
      file,
      'no_features',
      'the table has no feature column',
      'At least one column of numbers is needed.',
    );
  }
  assertHas(file, others, features);
  const index = new Map(features.map((name, i) => [name, i]));
  const featureOf = Int32Array.from(names, (name, column) =>
    column === device || column === start || column === label ? -1 : (index.get(name) ?? -1),
  );
  const ignored = others.filter((name) => !index.has(name));
  return { delimiter, names, features, featureOf, device, start, label, ignored };
}

const headerError = (file: string, reason: string, message: string, hint: string): Error =>
  tableError({ file, row: null }, reason, message, hint);

function headerNames(file: string, header: string, delimiter: string): string[] {
  const hint = 'Expected is a CSV file of numbers whose first line names the columns.';
  if (/^\s*[[{]/.test(header)) {
    throw headerError(
      file,
      'not_a_table',
      'not a feature table: it begins like JSON',
      `${hint} Log exports are read without --input features.`,
    );
  }
  // A tab may be the delimiter; other control characters are those of a file that is no text.
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(header.replaceAll(/[\r\n]/g, ' '))) {
    throw headerError(file, 'not_a_table', 'not a feature table: its first line is no text', hint);
  }
  const names = splitRow(header, delimiter)?.map(cellName);
  if (names === undefined)
    throw headerError(file, 'invalid_quoting', 'the header has text behind a closing quote', hint);
  if (names.length > MAX_TABLE_COLUMNS) {
    throw headerError(
      file,
      'too_many_columns',
      `the header names ${names.length} columns, at most ${MAX_TABLE_COLUMNS} are taken`,
      'Leave out columns that tell nothing about the rows.',
    );
  }
  if (names.every((name) => name !== '' && cellNumber(name) !== undefined)) {
    throw headerError(file, 'no_header', 'the first line holds numbers, expected are column names', hint);
  }
  const empty = names.indexOf('');
  if (empty >= 0) throw headerError(file, 'empty_column_name', `column ${empty + 1} has no name`, hint);
  const long = names.find((name) => name.length > MAX_NAME_CHARS);
  if (long !== undefined) {
    const message = `the column name ${shown(long)} is longer than ${MAX_NAME_CHARS} characters`;
    throw headerError(file, 'long_column_name', message, hint);
  }
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      const message = `the header names the column ${shown(name)} twice`;
      throw headerError(file, 'duplicate_column', message, 'Each column must be named once.');
    }
    seen.add(name);
  }
  return names;
}

function labelOf(file: string, names: readonly string[], labelColumn: string | null): number {
  if (labelColumn === null) return -1;
  const at = names.indexOf(labelColumn);
  if (at >= 0) return at;
  throw headerError(
    file,
    'missing_label_column',
    `there is no column ${shown(labelColumn)} for the labels; the columns are: ${shownColumns(names)}`,
    'Give the name of the label column as it stands in the header.',
  );
}

function assertHas(file: string, given: readonly string[], needed: readonly string[]): void {
  const has = new Set(given);
  const missing = needed.filter((name) => !has.has(name));
  if (missing.length === 0) return;
  const known = new Set(needed);
  const unknown = given.filter((name) => !known.has(name));
  const others = unknown.length === 0 ? '' : `; unknown are: ${shownColumns(unknown)}`;
  throw headerError(
    file,
    'missing_column',
    `${missing.length} of the ${needed.length} feature columns are missing: ${shownColumns(missing)}${others}`,
    'The table needs every feature column by its name; the order does not matter.',
  );
}
