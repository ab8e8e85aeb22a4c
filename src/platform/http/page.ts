import { AppError } from '../../shared/errors.js';

/** Position of the last row of a page: time and id, opaque to clients. */
export interface Cursor {
  readonly createdAt: string;
  readonly id: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** null = this was the last page. */
  readonly next_cursor: string | null;
}

export function encodeCursor({ createdAt, id }: Cursor): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @param idPattern what the id of a row of this list looks like; a cursor of another list is refused */
export function decodeCursor(text: string | undefined, idPattern = UUID): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && parsed.length === 2 && parsed.every((part) => typeof part === 'string')) {
      const [createdAt, id] = parsed as [string, string];
      const isMoment = MOMENT.test(createdAt) && !Number.isNaN(Date.parse(createdAt));
      if (isMoment && idPattern.test(id)) return { createdAt, id };
    }
  } catch {
    // falls through to the one refusal
  }
  throw new AppError('usage', 'The cursor is not one that this service gave out.', {
    problems: [{ pointer: '?cursor', code: 'invalid', message: 'must be a next_cursor of the page before' }],
  });
}

/** Asks for one row more than a page holds: its presence says that there is a next page. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
  cursor: (row: Row) => Cursor,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    next_cursor: rows.length > limit && last !== undefined ? encodeCursor(cursor(last)) : null,
  };
}
