import { AppError } from '../../shared/errors.js';
import type { ColumnProblem } from '../core/log-table/log-columns.js';

interface SourceName {
  readonly url: string;
  readonly table: string;
  readonly maxRecords: number;
  readonly timeoutSeconds: number;
}

const ADDRESS_HINT =
  'Check LOG_DATABASE_URL (without it DATABASE_URL, or the embedded database, is read) and that the server runs.';

/** What a failed call of the driver means for the person who asked for log lines. */
export function logTableError(error: unknown, source: SourceName): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  const fail = (kind: 'unavailable' | 'config_invalid', text: string, hint: string): AppError =>
    new AppError(kind, text, { cause: error, hint });
  const server = `The log database at ${placeOf(source.url)}`;
  switch (code) {
    case '28P01':
    case '28000':
      return fail('unavailable', `${server} refused the user or the password.`, ADDRESS_HINT);
    case '3D000':
      return fail('unavailable', `${server} has no database of that name.`, ADDRESS_HINT);
    case '42501':
      return fail(
        'config_invalid',
        `The user of the log database may not read ${source.table}.`,
        `Grant it: GRANT SELECT ON ${source.table} TO <user>.`,
      );
    case '25006':
      return fail(
        'config_invalid',
        `Reading ${source.table} would write to its database, which is refused: lines are read in a read-only transaction.`,
        'Name a table, or a view that only reads, in database.table_name.',
      );
    case '57014':
    case '55P03':
      return fail('unavailable', `${server} took longer than ${source.timeoutSeconds} s.`, SLOW_HINT);
    default:
  }
  if (/^Query read timeout$/.test(message)) {
    return fail('unavailable', `${server} gave no answer for ${source.timeoutSeconds} s.`, SLOW_HINT);
  }
  // SQLSTATE 08xxx and 57P0x: the server has gone; other five-character codes are its answers.
  const isAnswer = /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P)/.test(code);
  return isAnswer
    ? fail('unavailable', `${server} answered with an error: ${message}.`, ADDRESS_HINT)
    : fail('unavailable', `${server} cannot be reached: ${message || code}.`, ADDRESS_HINT);
}

const SLOW_HINT =
  'An index on its column timestamp helps; else ask for fewer days, or raise database.statement_timeout.';

/** Host and port; the rest of the address is nobody's business. */
function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'its address';
}

export function noSuchTable({ table }: SourceName, others: readonly string[]): AppError {
  const there =
    others.length === 0
      ? 'No table there has a column "timestamp".'
      : `Tables there with a column "timestamp": ${others.join(', ')}.`;
  return new AppError('config_invalid', `The log database has no table "${table}".`, {
    hint: `${there} database.table_name names the table, LOG_DATABASE_URL the database.`,
    problems: [
      {
        pointer: 'database.table_name',
        code: 'no_such_table',
        message: 'names no table of the log database',
      },
    ],
  });
}

export function columnsError(
  { table }: SourceName,
  problems: readonly ColumnProblem[],
  columns: readonly string[],
): AppError {
  const list = problems.map(({ wanted, message }) => `${wanted} ${message}`).join('; ');
  return new AppError(
    'config_invalid',
    `The table "${table}" is no table of log lines: its column ${list}.`,
    {
      hint: `It has ${columns.join(', ')}. A view with the expected names can stand in for it (database.table_name).`,
      problems: problems.map(({ wanted, message }) => ({
        pointer: `database.table_name/${wanted}`,
        code: 'column',
        message,
      })),
    },
  );
}

export function tooManyRows({ table, maxRecords }: SourceName, found: number): AppError {
  return new AppError(
    'validation_failed',
    `${table} has ${found} lines in that range, which is more than database.max_records (${maxRecords}).`,
    {
      hint: 'Ask for fewer days or programs, or raise database.max_records.',
      details: { found, max_records: maxRecords },
      problems: [{ pointer: '/start_date', code: 'max_records', message: `selects ${found} lines` }],
    },
  );
}

export function noLines({ table }: SourceName, what: string, span: string | null): AppError {
  return new AppError('not_enough_data', `${table} has no line ${what}.`, {
    hint: span === null ? 'The table is empty.' : `It holds lines from ${span}, of all programs.`,
  });
}
