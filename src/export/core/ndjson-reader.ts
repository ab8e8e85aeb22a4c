import { INCOMPLETE, INVALID, JsonScanner, skipSpace } from './json-scanner.js';
import {
  assertWithinLimit,
  type FormatReader,
  type ParserContext,
  type PartFormat,
} from './parser-context.js';

const NEWLINE = 10;

/**
 * Reads JSON objects separated by line ends. A record may span lines (pretty-printed) as long as it is valid; a broken
 * one is counted and reading goes on with the next line.
 */
export class NdjsonReader implements FormatReader {
  readonly isBetweenRecords = true;

  private readonly scanner: JsonScanner;

  constructor(private readonly context: ParserContext) {
    this.scanner = new JsonScanner(context.limits.maxDepth, context.labelField);
  }

  partFormat(): PartFormat {
    return { format: 'ndjson' };
  }

  consume(buf: Uint8Array, pos: number, end: number, final: boolean): number {
    let p = pos;
    for (;;) {
      p = skipSpace(buf, p, end);
      if (p >= end) return p;
      const reached = this.context.kernel?.scanLines(p, end) ?? p;
      if (reached !== p) {
        p = reached;
        continue;
      }
      const after = this.readRecord(buf, p, end, final);
      if (after === INCOMPLETE) {
        assertWithinLimit(this.context, p, end, 'a line');
        if (!final) return p;
        this.context.tracker.invalid('truncated_record', this.context.base + p, '');
        return end;
      }
      p = after;
    }
  }

  private readRecord(buf: Uint8Array, p: number, end: number, final: boolean): number {
    const { scanner, context } = this;
    const isObject = buf[p] === 123;
    const after = isObject ? scanner.scanRecord(buf, p, end) : scanner.scanValue(buf, p, end);
    if (after === INCOMPLETE) return INCOMPLETE;
    if (after >= 0) {
      const rest = skipBlanks(buf, after, end);
      if (rest >= end && !final) return INCOMPLETE;
      if (rest >= end || buf[rest] === NEWLINE) {
        assertWithinLimit(context, p, after, 'a line');
        if (isObject) context.assembler.take(buf, scanner.spans, context.base + p);
        else context.tracker.invalid('not_an_object', context.base + p, '');
        return rest;
      }
    }
    const newline = buf.subarray(p, end).indexOf(NEWLINE);
    if (newline < 0 && !final) return INCOMPLETE;
    const next = newline < 0 ? end : p + newline + 1;
    assertWithinLimit(context, p, next, 'a line');
    const reason = after === INVALID ? scanner.problem : 'invalid_json';
    context.tracker.invalid(
      reason,
      context.base + p,
      after === INVALID ? scanner.detail : 'text follows the object',
    );
    return next;
  }
}

function skipBlanks(buf: Uint8Array, pos: number, end: number): number {
  let p = pos;
  while (p < end && (buf[p] === 32 || buf[p] === 9 || buf[p] === 13)) p++;
  return p;
}
