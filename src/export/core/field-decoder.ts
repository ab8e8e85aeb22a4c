import type { DecodeText } from './log-record.js';
import { KIND, type FieldSpans } from './field-spans.js';
import { unescapeJson } from './json-string.js';

const CACHE_SLOTS = 4096;
const CACHED_BYTES = 128;
const NO_BYTES = new Uint8Array(0);

/**
 * Turns field positions into text. Devices, programs and levels repeat in almost each record, so short texts are kept
 * in a direct-mapped table keyed by their bytes: comparing a few bytes is cheaper than decoding them again.
 */
export class FieldDecoder {
  /** Lone surrogates replaced since the start. */
  loneSurrogates = 0;

  private scratch = new Uint8Array(4096);
  private readonly cachedBytes: Uint8Array[] = new Array<Uint8Array>(CACHE_SLOTS).fill(NO_BYTES);
  private readonly cachedText: string[] = new Array<string>(CACHE_SLOTS).fill('');

  constructor(private readonly decode: DecodeText) {}

  /** Full text of a field, '' when it holds none. Numbers give their literal. */
  text(buf: Uint8Array, spans: FieldSpans, slot: number): string {
    const start = spans.start[slot];
    const end = spans.end[slot];
    switch (spans.kind[slot]) {
      case KIND.plain:
      case KIND.number:
        return start === end ? '' : this.decode(buf, start, end);
      case KIND.escaped: {
        this.reserve(end - start);
        const unescaped = unescapeJson(buf, start, end, this.scratch);
        this.loneSurrogates += unescaped.loneSurrogates;
        return this.decode(this.scratch, 0, unescaped.end);
      }
      case KIND.doubled:
        this.reserve(end - start);
        return this.decode(this.scratch, 0, undouble(buf, start, end, this.scratch, 0));
      default:
        return '';
    }
  }

  /**
   * Writes the bytes of a text with escapes or doubled quotes, resolved, to `target` from `at` on; there is room for as
   * many bytes as the field has. Returns the position behind them.
   */
  resolve(buf: Uint8Array, spans: FieldSpans, slot: number, target: Uint8Array, at: number): number {
    const start = spans.start[slot];
    const end = spans.end[slot];
    if (spans.kind[slot] === KIND.doubled) return undouble(buf, start, end, target, at);
    const unescaped = unescapeJson(buf, start, end, target, at);
    this.loneSurrogates += unescaped.loneSurrogates;
    return unescaped.end;
  }

  /** The beginning of a field: at most `bytes` bytes of its source. A character cut at the end is of no interest. */
  head(buf: Uint8Array, spans: FieldSpans, slot: number, bytes: number): string {
    const start = spans.start[slot];
    const end = spans.end[slot];
    if (end - start > bytes && spans.kind[slot] === KIND.plain) return this.decode(buf, start, start + bytes);
    return this.text(buf, spans, slot).slice(0, bytes);
  }

  /** Text of a name (device, program, level): control characters and outer spaces removed. */
  name(buf: Uint8Array, spans: FieldSpans, slot: number): string {
    const start = spans.start[slot];
    const length = spans.end[slot] - start;
    const kind = spans.kind[slot];
    if ((kind !== KIND.plain && kind !== KIND.number) || length > CACHED_BYTES) {
      return cleanName(this.text(buf, spans, slot));
    }
    let hash = length;
    for (let i = start; i < start + length; i++) hash = (Math.imul(hash, 31) + buf[i]) | 0;
    const at = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
    const known = this.cachedBytes[at];
    if (known.length === length) {
      let i = 0;
      while (i < length && known[i] === buf[start + i]) i++;
      if (i === length) return this.cachedText[at];
    }
    const text = cleanName(this.decode(buf, start, start + length));
    this.cachedBytes[at] = buf.slice(start, start + length);
    this.cachedText[at] = text;
    return text;
  }

  private reserve(bytes: number): void {
    if (this.scratch.length < bytes) this.scratch = new Uint8Array(bytes * 2);
  }
}

function undouble(buf: Uint8Array, start: number, end: number, target: Uint8Array, at: number): number {
  let out = at;
  for (let p = start; p < end; p++) {
    target[out++] = buf[p];
    // Skip the second quote of a pair; a single one stands for itself.
    if (buf[p] === 34 && buf[p + 1] === 34 && p + 1 < end) p++;
  }
  return out;
}

/**
 * A name as it may appear in reports, terminals and the database: no control characters (an export is written by
 * strangers: escape sequences, NUL), no spaces around it.
 */
export function cleanName(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '').trim();
}
