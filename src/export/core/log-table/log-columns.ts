import { FIELD_NAMES } from '../field-spans.js';

/** A column as the catalogue of the database tells it. */
export interface TableColumn {
  readonly name: string;
  /** Name of its type, such as `text` or `timestamp with time zone`. */
  readonly type: string;
}

/** A column that goes into an export. */
export interface LogColumn extends TableColumn {
  /** Whole numbers stay numbers in JSON. */
  readonly isNumber: boolean;
}

/** Columns of a table of log lines, by what they are for. */
export interface LogColumns {
  /** In the order they are written. */
  readonly all: readonly LogColumn[];
  /** Names that hold a program, the first that is not empty counts. */
  readonly programs: readonly string[];
  readonly hasRawMessage: boolean;
  /** `timestamp without time zone`: taken as UTC. */
  readonly isZoneless: boolean;
  readonly hasId: boolean;
}

export interface ColumnProblem {
  /** The column, or the columns of which one is needed. */
  readonly wanted: string;
  readonly message: string;
}

const ID = 'id';
const PROGRAMS = ['process_name', 'program', 'source'] as const;
const TIMES = ['timestamp with time zone', 'timestamp without time zone'];
const WHOLE_NUMBERS = ['smallint', 'integer', 'bigint'];

/** What a table needs to be read as log lines, and which of its columns are taken; every problem at once. */
export function logColumns(
  table: readonly TableColumn[],
): { readonly columns: LogColumns } | { readonly problems: readonly ColumnProblem[] } {
  const byName = new Map(table.map((column) => [column.name, column]));
  const problems: ColumnProblem[] = [];
  const time = byName.get('timestamp');
  const hasRawMessage = byName.has('raw_message');
  const programs = PROGRAMS.filter((name) => byName.has(name));
  if (time === undefined) problems.push({ wanted: 'timestamp', message: 'is missing' });
  else if (!TIMES.includes(time.type))
    problems.push({
      wanted: 'timestamp',
      message: `is of the type ${time.type}, expected ${TIMES.join(' or ')}`,
    });
  if (!byName.has('message') && !hasRawMessage)
    problems.push({ wanted: 'message', message: 'is missing, and so is raw_message' });
  if (programs.length === 0 && !hasRawMessage)
    problems.push({
      wanted: 'process_name',
      message: 'is missing, and so are program, source and raw_message: nothing tells the program of a line',
    });
  if (time === undefined || problems.length > 0) return { problems };
  const all = [ID, ...FIELD_NAMES].flatMap((name): LogColumn[] => {
    const column = byName.get(name);
    return column === undefined ? [] : [{ ...column, isNumber: WHOLE_NUMBERS.includes(column.type) }];
  });
  const isZoneless = time.type === TIMES[1];
  return { columns: { all, programs, hasRawMessage, isZoneless, hasId: byName.has(ID) } };
}
