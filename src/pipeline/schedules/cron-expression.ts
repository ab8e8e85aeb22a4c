/** A cron expression of five fields: minute, hour, day of month, month, day of week. */
export interface CronExpression {
  readonly text: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 = Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** The hour begins with `*`: ticks follow elapsed time, not the clock on the wall. */
  readonly isHourly: boolean;
  /** Both day fields are restricted: a day that fits either is taken, as cron does. */
  readonly isEitherDay: boolean;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const MAX_LENGTH = 200;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: MONTHS },
  { name: 'day of the week', min: 0, max: 7, words: WEEKDAYS },
];

/** @returns the expression, or what is wrong with the text */
export function parseCron(text: string): CronExpression | { readonly problem: string } {
  if (text.length > MAX_LENGTH) return { problem: `is longer than ${MAX_LENGTH} characters` };
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length || parts[0].startsWith('@')) {
    return {
      problem:
        'must have five fields: minute, hour, day of the month, month, day of the week; "0 3 * * *" is every day at three',
    };
  }
  const values: number[][] = [];
  for (const [i, field] of FIELDS.entries()) {
    const found = parseField(parts[i].toLowerCase(), field);
    if (typeof found === 'string') return { problem: found };
    values.push(found);
  }
  const [minutes, hours, days, months, weekdays] = values;
  return {
    text: parts.join(' '),
    minutes,
    hours,
    days: new Set(days),
    months: new Set(months),
    // Sunday is 0 and 7.
    weekdays: new Set(weekdays.map((day) => day % 7)),
    isHourly: parts[1].startsWith('*'),
    isEitherDay: !parts[2].startsWith('*') && !parts[4].startsWith('*'),
  };
}

/** Sorted values of one field: a list of `*`, `5`, `1-5`, each perhaps with `/2`; or what is wrong with it. */
function parseField(text: string, field: Field): number[] | string {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const match = /^(\*|([0-9a-z]{1,3})(?:-([0-9a-z]{1,3}))?)(?:\/(\d{1,2}))?$/.exec(item);
    if (match === null)
      return `has ${JSON.stringify(item)} for the ${field.name}, which is no value, range or step`;
    const [, base, first, last, stepText] = match as readonly (string | undefined)[];
    const step = stepText === undefined ? 1 : Number(stepText);
    const from = base === '*' ? field.min : valueOf(first ?? '', field);
    // `5/15` is from 5 on, as `5-59/15`.
    const to =
      base === '*' || (last === undefined && stepText !== undefined)
        ? field.max
        : valueOf(last ?? first ?? '', field);
    const isInside = from >= field.min && to <= field.max && from <= to && step >= 1;
    if (!isInside)
      return `has ${JSON.stringify(item)} for the ${field.name}, expected ${field.min} to ${field.max}`;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

/** NaN for what is neither a number nor a name. */
function valueOf(text: string, { words, min }: Field): number {
  const word = words?.indexOf(text) ?? -1;
  if (word >= 0) return word + min;
  return /^\d{1,2}$/.test(text) ? Number(text) : NaN;
}
