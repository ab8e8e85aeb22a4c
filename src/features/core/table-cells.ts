/** A decimal number as CSV files hold it; spaces around it do not matter. No hexadecimal, no thousands separators. */
const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const MISSING = /^\s*(?:nan|null)?\s*$/i;

/** NaN = missing (empty, NaN, null in any case); undefined = the text is no number. */
export function cellNumber(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text);
  return MISSING.test(text) ? NaN : undefined;
}

/** How a label may be written; what -1 and 1 mean depends on whether -1 occurs at all. */
export type LabelSpelling = 'zero' | 'one' | 'minus_one' | 'normal' | 'anomaly';

const WORDS: Readonly<Record<string, LabelSpelling>> = {
  false: 'normal',
  no: 'normal',
  normal: 'normal',
  true: 'anomaly',
  yes: 'anomaly',
  anomaly: 'anomaly',
};
const NUMBERS: ReadonlyMap<number, LabelSpelling> = new Map([
  [0, 'zero'],
  [1, 'one'],
  [-1, 'minus_one'],
]);

/** undefined = not a label. Numbers may be written as tables write them (`1.0`). */
export function labelSpelling(text: string): LabelSpelling | undefined {
  const number = cellNumber(text);
  if (number !== undefined) return NUMBERS.get(number);
  const word = text.trim().toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}

/**
 * The cells of one row (RFC 4180: a quoted cell may hold delimiters, line ends and doubled quotes).
 *
 * @returns null when text stands behind a closing quote
 */
export function splitRow(row: string, delimiter: string): string[] | null {
  if (!row.includes('"')) return row.split(delimiter);
  const cells: string[] = [];
  for (let at = 0; ; at++) {
    let end: number;
    if (row[at] === '"') {
      end = closingQuote(row, at + 1);
      cells.push(row.slice(at + 1, end).replaceAll('""', '"'));
      end++;
      if (end < row.length && row[end] !== delimiter) return null;
    } else {
      end = row.indexOf(delimiter, at);
      if (end < 0) end = row.length;
      cells.push(row.slice(at, end));
    }
    if (end >= row.length) return cells;
    at = end;
  }
}

function closingQuote(row: string, from: number): number {
  for (let at = row.indexOf('"', from); ; at = row.indexOf('"', at + 2)) {
    if (at < 0) return row.length;
    if (row[at + 1] !== '"') return at;
  }
}

const DELIMITERS = [',', ';', '\t'] as const;

/** The delimiter that occurs most often outside of quotes in the header; comma when none does. */
export function headerDelimiter(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

/** Takes back the apostrophe that `extract-features` puts in front of names which a spreadsheet would run. */
export function cellName(text: string): string {
  return text.trim().replace(/^'(?=[=+\-@])/, '');
}
