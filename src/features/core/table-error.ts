import { AppError } from '../../shared/errors.js';

const SHOWN_CHARS = 60;

/** A text of the file as messages show it. */
export function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : text);
}

/** A list of column names as messages show it. */
export function shownColumns(names: readonly string[]): string {
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return names.slice(0, 10).map(shown).join(', ') + more;
}

export interface TablePlace {
  readonly file: string;
  /** Rows count from 1 after the header; empty lines are no rows. null: the header. */
  readonly row: number | null;
  readonly column?: string;
  readonly value?: string;
}

/** A feature table that cannot be used, with the place of what is wrong and a stable `reason`. */
export function tableError(place: TablePlace, reason: string, message: string, hint: string): AppError {
  const { file, row, column, value } = place;
  const where = row === null ? '' : `row ${row}, `;
  const cell = column === undefined ? '' : `column ${shown(column)}: `;
  return new AppError('export_invalid', `${file}: ${where}${cell}${message}.`, {
    hint,
    details: {
      file,
      reason,
      ...(row === null ? {} : { row }),
      ...(column === undefined ? {} : { column }),
      ...(value === undefined ? {} : { value: value.slice(0, SHOWN_CHARS) }),
    },
  });
}
