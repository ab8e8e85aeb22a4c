import { AppError } from '../../shared/errors.js';

/** ISO 8601, UTC where it names no zone: the database would take a zone of its own. A bare date is its first moment. */
export function moment(text: string | undefined, name: string): string | undefined {
  if (text === undefined) return undefined;
  const zoned = /([zZ]|[+-]\d\d(:?\d\d)?)$/.test(text) || !text.includes('T') ? text : `${text}Z`;
  const date = new Date(zoned);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new AppError('validation_failed', `${name} ${JSON.stringify(text.slice(0, 60))} is not a moment.`, {
    hint: 'Use a date or a time in UTC: 2024-01-01 or 2024-01-01T06:00:00Z.',
    problems: [{ pointer: `/${name}`, code: 'moment', message: 'must be an RFC 3339 time or a date' }],
  });
}
