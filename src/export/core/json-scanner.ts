import { FieldSpans, KIND, LABEL_SLOT, findSlot, isName } from './field-spans.js';
import { unescapeJson } from './json-string.js';
import { isValidUtf8 } from './utf8.js';

/** The value goes on beyond the bytes at hand. */
export const INCOMPLETE = -1;
/** The value is not valid JSON; `problem` and `problemAt` say why and where. */
export const INVALID = -2;

export type ScanProblem = 'invalid_json' | 'invalid_utf8' | 'too_deep' | 'duplicate_key';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

// Bytes inside a string: 0 = ordinary, 1 = needs a look (quote, backslash, control character), 2 = not ASCII.
const STRING_CLASS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 ? 2 : byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);
const ESCAPES = new Uint8Array(256);
for (const char of '"\\/bfnrt') ESCAPES[char.charCodeAt(0)] = 1;
const HEX = new Uint8Array(256);
for (const char of '0123456789abcdefABCDEF') HEX[char.charCodeAt(0)] = 1;
const LITERALS: readonly Uint8Array[] = ['true', 'false', 'null'].map((word) =>
  Uint8Array.from({ length: word.length }, (_, i) => word.charCodeAt(i)),
);

/** First position at or after `pos` that is not JSON white space. */
export function skipSpace(buf: Uint8Array, pos: number, end: number): number {
  let p = pos;
  while (p < end) {
    const c = buf[p];
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) break;
    p++;
  }
  return p;
}

/**
 * Exact JSON grammar (RFC 8259) over bytes, without building values: a record's known fields come out as positions.
 * It is not recursive, so that nesting costs no stack. All scan methods return the position after the value,
 * {@link INCOMPLETE} or {@link INVALID}.
 */
export class JsonScanner {
  readonly spans = new FieldSpans();
  problem: ScanProblem = 'invalid_json';
  problemAt = 0;
  detail = '';

  /** Kind of the string or scalar scanned last. */
  private kind: number = KIND.plain;
  private readonly containers: Uint8Array;
  private readonly keyScratch = new Uint8Array(80);

  /** @param labelField UTF-8 name of a field that is read too; null = none */
  constructor(
    private readonly maxDepth: number,
    private readonly labelField: Uint8Array | null = null,
  ) {
    this.containers = new Uint8Array(maxDepth + 2);
  }

  /** Scans the object at `pos` and fills `spans`. Only the fields the parser reads must be unique. */
  scanRecord(buf: Uint8Array, pos: number, end: number): number {
    const spans = this.spans;
    spans.reset();
    let p = skipSpace(buf, pos + 1, end);
    if (p < end && buf[p] === CLOSE_OBJECT) return p + 1;
    for (;;) {
      const keyAt = p;
      const keyEnd = this.scanKey(buf, p, end);
      if (keyEnd < 0) return keyEnd;
      const slot = this.slot;
      const start = skipSpace(buf, keyEnd, end);
      const after = this.scanValue(buf, start, end, 1);
      if (after < 0) return after;
      if (slot >= 0) {
        if (spans.kind[slot] !== KIND.absent)
          return this.fail('duplicate_key', keyAt, 'this key appears twice');
        const quoted = this.kind === KIND.plain || this.kind === KIND.escaped ? 1 : 0;
        spans.set(slot, this.kind, start + quoted, after - quoted);
      }
      p = skipSpace(buf, after, end);
      if (p >= end) return INCOMPLETE;
      if (buf[p] === CLOSE_OBJECT) return p + 1;
      if (buf[p] !== COMMA) return this.fail('invalid_json', p, 'expected a comma or a closing brace');
      p = skipSpace(buf, p + 1, end);
    }
  }

  /** Checks the value at `pos`, which lies `depth` containers deep. */
  scanValue(buf: Uint8Array, pos: number, end: number, depth = 0): number {
    if (pos >= end) return INCOMPLETE;
    const c = buf[pos];
    if (c === QUOTE) return this.scanString(buf, pos, end);
    if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      const after = this.scanContainer(buf, pos, end, depth);
      this.kind = KIND.other;
      return after;
    }
    return this.scanScalar(buf, pos, end);
  }

  private slotOf(bytes: Uint8Array, start: number, end: number): number {
    const { labelField } = this;
    if (labelField !== null && isName(labelField, bytes, start, end)) return LABEL_SLOT;
    return findSlot(bytes, start, end);
  }

  /** Checks a key and its colon; returns the position after the colon and leaves the field's slot in `slot`. */
  scanKey(buf: Uint8Array, pos: number, end: number): number {
    if (pos >= end) return INCOMPLETE;
    if (buf[pos] !== QUOTE) return this.fail('invalid_json', pos, 'expected a key in double quotes');
    const after = this.scanString(buf, pos, end);
    if (after < 0) return after;
    this.slot = this.slotOf(buf, pos + 1, after - 1);
    // A key may be written with escapes ("mess\u0061ge"): same key. 6 bytes a character at most.
    if (this.kind === KIND.escaped && after - pos <= 80) {
      const length = unescapeJson(buf, pos + 1, after - 1, this.keyScratch).end;
      this.slot = this.slotOf(this.keyScratch, 0, length);
    }
    const colon = skipSpace(buf, after, end);
    if (colon >= end) return INCOMPLETE;
    return buf[colon] === COLON
      ? colon + 1
      : this.fail('invalid_json', colon, 'expected a colon after the key');
  }

  /** Slot of the key scanned last, -1 for a field nobody reads. */
  slot = -1;

  private fail(problem: ScanProblem, at: number, detail: string): number {
    this.problem = problem;
    this.problemAt = at;
    this.detail = detail;
    return INVALID;
  }

  private scanString(buf: Uint8Array, pos: number, end: number): number {
    let p = pos + 1;
    let kind: number = KIND.plain;
    let ascii = true;
    for (;;) {
      // Four bytes a step: one branch instead of four.
      while (
        p + 4 <= end &&
        (STRING_CLASS[buf[p]] |
          STRING_CLASS[buf[p + 1]] |
          STRING_CLASS[buf[p + 2]] |
          STRING_CLASS[buf[p + 3]]) ===
          0
      ) {
        p += 4;
      }
      while (p < end && STRING_CLASS[buf[p]] === 0) p++;
      if (p >= end) return INCOMPLETE;
      const c = buf[p];
      if (c === QUOTE) break;
      if (c >= 0x80) {
        ascii = false;
        p++;
      } else if (c === BACKSLASH) {
        kind = KIND.escaped;
        p = this.scanEscape(buf, p, end);
        if (p < 0) return p;
      } else {
        return this.fail('invalid_json', p, 'a control character stands unescaped in a string');
      }
    }
    if (!ascii && !isValidUtf8(buf, pos + 1, p))
      return this.fail('invalid_utf8', pos, 'a string is not valid UTF-8');
    this.kind = kind;
    return p + 1;
  }

  private scanEscape(buf: Uint8Array, pos: number, end: number): number {
    if (pos + 1 >= end) return INCOMPLETE;
    const c = buf[pos + 1];
    if (ESCAPES[c] === 1) return pos + 2;
    if (c !== 117) return this.fail('invalid_json', pos, 'unknown escape in a string');
    for (let i = 2; i < 6; i++) {
      if (pos + i >= end) return INCOMPLETE;
      if (HEX[buf[pos + i]] === 0) return this.fail('invalid_json', pos, '\\u needs four hexadecimal digits');
    }
    return pos + 6;
  }

  private scanScalar(buf: Uint8Array, pos: number, end: number): number {
    const c = buf[pos];
    if (c === 45 || (c >= 48 && c <= 57)) return this.scanNumber(buf, pos, end);
    for (const word of LITERALS) {
      if (word[0] !== c) continue;
      for (let i = 1; i < word.length; i++) {
        if (pos + i >= end) return INCOMPLETE;
        if (buf[pos + i] !== word[i]) return this.fail('invalid_json', pos, 'unknown word');
      }
      this.kind = c === 110 ? KIND.null : KIND.other;
      return pos + word.length;
    }
    return this.fail('invalid_json', pos, 'expected a value');
  }

  private scanNumber(buf: Uint8Array, pos: number, end: number): number {
    let p = buf[pos] === 45 ? pos + 1 : pos;
    const first = p;
    p = skipDigits(buf, p, end);
    if (p >= end) return INCOMPLETE;
    if (p === first || (buf[first] === 48 && p > first + 1))
      return this.fail('invalid_json', pos, 'malformed number');
    if (buf[p] === 46) {
      const fraction = p + 1;
      p = skipDigits(buf, fraction, end);
      if (p >= end) return INCOMPLETE;
      if (p === fraction) return this.fail('invalid_json', pos, 'malformed number');
    }
    if (buf[p] === 101 || buf[p] === 69) {
      p++;
      if (p < end && (buf[p] === 43 || buf[p] === 45)) p++;
      const exponent = p;
      p = skipDigits(buf, exponent, end);
      if (p >= end) return INCOMPLETE;
      if (p === exponent) return this.fail('invalid_json', pos, 'malformed number');
    }
    this.kind = KIND.number;
    return p;
  }

  private scanContainer(buf: Uint8Array, pos: number, end: number, outerDepth: number): number {
    const open = this.containers;
    let depth = 0;
    let p = pos;
    for (;;) {
      // One value starts at p.
      if (p >= end) return INCOMPLETE;
      const c = buf[p];
      if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
        if (outerDepth + ++depth > this.maxDepth) {
          return this.fail('too_deep', p, `more than ${this.maxDepth} levels of nesting`);
        }
        open[depth] = c;
        p = skipSpace(buf, p + 1, end);
        if (p >= end) return INCOMPLETE;
        // The closing brackets lie two after the opening ones in ASCII.
        if (buf[p] !== c + 2) {
          if (c === OPEN_OBJECT) p = this.toMemberValue(buf, p, end);
          if (p < 0) return p;
          continue;
        }
        depth--;
        p++;
      } else {
        p = c === QUOTE ? this.scanString(buf, p, end) : this.scanScalar(buf, p, end);
        if (p < 0) return p;
      }
      p = this.afterValue(buf, p, end, depth);
      if (p < 0) return p;
      depth = this.depthAfter;
      if (depth === 0) return p;
    }
  }

  private depthAfter = 0;

  /** Closes containers after a value; returns the start of the next value, or the end of the outermost container. */
  private afterValue(buf: Uint8Array, pos: number, end: number, depthBefore: number): number {
    let depth = depthBefore;
    let p = pos;
    while (depth > 0) {
      p = skipSpace(buf, p, end);
      if (p >= end) return INCOMPLETE;
      const kind = this.containers[depth];
      if (buf[p] === kind + 2) {
        depth--;
        p++;
      } else if (buf[p] === COMMA) {
        p = skipSpace(buf, p + 1, end);
        if (kind === OPEN_OBJECT) p = this.toMemberValue(buf, p, end);
        break;
      } else {
        return this.fail('invalid_json', p, 'expected a comma or a closing bracket');
      }
    }
    this.depthAfter = depth;
    return p;
  }

  private toMemberValue(buf: Uint8Array, pos: number, end: number): number {
    const after = this.scanKey(buf, pos, end);
    return after < 0 ? after : skipSpace(buf, after, end);
  }
}

function skipDigits(buf: Uint8Array, pos: number, end: number): number {
  let p = pos;
  while (p < end && buf[p] >= 48 && buf[p] <= 57) p++;
  return p;
}

/**
 * End of the value at `pos` judged by quotes and brackets alone, to get past a record that is not valid JSON.
 * {@link INCOMPLETE} when they do not balance within the bytes at hand.
 */
export function skipStructure(buf: Uint8Array, pos: number, end: number): number {
  let depth = 0;
  let p = pos;
  while (p < end) {
    const c = buf[p];
    if (c === QUOTE) {
      p++;
      while (p < end && buf[p] !== QUOTE) p += buf[p] === BACKSLASH ? 2 : 1;
      if (p >= end) return INCOMPLETE;
      p++;
      if (depth === 0) return p;
    } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      depth++;
      p++;
    } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) {
      if (depth === 0) return p;
      p++;
      if (--depth === 0) return p;
    } else if (depth === 0 && (c === COMMA || c <= 32)) {
      return p;
    } else {
      p++;
    }
  }
  return INCOMPLETE;
}
