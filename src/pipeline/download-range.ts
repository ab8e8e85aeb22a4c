import type { ByteRange } from './model-files.service.js';

/** 'all' = answer with the whole file, 'unsatisfiable' = 416. */
export type RangeAnswer = ByteRange | 'all' | 'unsatisfiable';

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * One byte range of RFC 9110, section 14. Several ranges, other units and malformed headers are ignored, as the RFC
 * allows: an answer in parts would let a short request ask for a file ten thousand times.
 *
 * @param ifRange an entity tag that must be the strong one of the file, or the range does not count
 */
export function requestedRange(
  header: string | undefined,
  ifRange: string | undefined,
  etag: string,
  size: number,
): RangeAnswer {
  if (header === undefined || (ifRange !== undefined && ifRange !== etag)) return 'all';
  const match = ONE_RANGE.exec(header.trim());
  if (match === null) return 'all';
  const [, first, last] = match;
  if (first === '') {
    if (last === '') return 'all';
    const suffix = Number(last);
    return suffix === 0 || size === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, size - suffix), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'all';
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** Whether one of the tags of `If-None-Match` is the file's. */
export function isKnownTag(header: string | undefined, etag: string): boolean {
  if (header === undefined || header.length > 4096) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
