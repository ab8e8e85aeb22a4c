import type { DecodeText } from './log-record.js';
import { INCOMPLETE, JsonScanner, skipSpace, skipStructure } from './json-scanner.js';
import {
  assertWithinLimit,
  fatal,
  grouped,
  truncated,
  type FormatReader,
  type ParserContext,
  type PartFormat,
} from './parser-context.js';

type State =
  | 'start'
  /** A key or the closing brace; after a comma only a key. */
  | 'firstMember'
  | 'member'
  | 'afterMember'
  /** A record or the closing bracket; after a comma only a record. */
  | 'firstRecord'
  | 'record'
  | 'afterRecord'
  | 'done';

const RECORD_KEYS: ReadonlySet<string> = new Set(['logs', 'data']);
const METADATA_KEYS: ReadonlySet<string> = new Set(['metadata', 'export_metadata']);
const COMMA = 44;
const REDO = 'Export the file again; it was probably edited by hand or joined from several files.';

/**
 * Reads `{"logs": [...]}` and `{"data": [...]}` with metadata before or after, and a bare array of records, record by
 * record. A broken record is counted and passed over as long as its quotes and brackets balance.
 */
export class JsonReader implements FormatReader {
  /** The key that held the records. */
  recordsKey: 'logs' | 'data' | null = null;

  private state: State = 'start';
  private hasMetadata = false;
  private readonly keys: string[] = [];
  private firstKey = '';
  private readonly scanner: JsonScanner;

  constructor(
    private readonly context: ParserContext,
    private readonly decode: DecodeText,
    private readonly topLevel: 'object' | 'array',
  ) {
    this.scanner = new JsonScanner(context.limits.maxDepth, context.labelField);
  }

  get isBetweenRecords(): boolean {
    return this.state === 'record';
  }

  partFormat(): PartFormat | null {
    if (this.state !== 'record' && this.state !== 'afterRecord') return null;
    const { recordsKey, hasMetadata, keys, firstKey } = this;
    if (recordsKey === null) return { format: 'array', firstKey };
    return { format: 'object', recordsKey, hasMetadata, keys: [...keys], firstKey };
  }

  /** Begins at a record that is not the first. */
  openPart(part: PartFormat): void {
    this.state = 'record';
    if (part.format !== 'object') return;
    this.recordsKey = part.recordsKey;
    this.hasMetadata = part.hasMetadata;
    this.keys.push(...part.keys);
  }

  consume(buf: Uint8Array, pos: number, end: number, final: boolean): number {
    let p = pos;
    for (;;) {
      p = skipSpace(buf, p, end);
      if (p >= end) {
        if (final && this.state !== 'done') throw truncated(this.context, p, this.place());
        return p;
      }
      const after = this.step(buf, p, end);
      if (after === INCOMPLETE) {
        if (final) throw truncated(this.context, end, this.place(p));
        return p;
      }
      p = after;
    }
  }

  private step(buf: Uint8Array, p: number, end: number): number {
    const c = buf[p];
    switch (this.state) {
      case 'record':
        return this.readRecords(buf, p, end);
      case 'afterRecord':
        if (c === COMMA) this.state = 'record';
        else if (c === 93) this.closeRecords();
        else throw this.unexpected(p, 'a comma or the end of the records');
        return p + 1;
      case 'firstRecord':
        if (c !== 93) {
          this.firstKey = firstKeyOf(buf, p, end);
          return this.readRecords(buf, p, end);
        }
        this.closeRecords();
        return p + 1;
      case 'start':
        this.state = this.topLevel === 'object' ? 'firstMember' : 'firstRecord';
        return p + 1;
      case 'firstMember':
        if (c !== 125) return this.readMember(buf, p, end);
        this.closeObject(p);
        return p + 1;
      case 'member':
        return this.readMember(buf, p, end);
      case 'afterMember':
        if (c === COMMA) this.state = 'member';
        else if (c === 125) this.closeObject(p);
        else throw this.unexpected(p, 'a comma or the end of the export');
        return p + 1;
      case 'done':
        throw fatal(this.context, p, 'something follows the end of the export', REDO, 'trailing_data');
    }
  }

  /** Reads as many records as the compiled scanner takes, or else one. */
  private readRecords(buf: Uint8Array, p: number, end: number): number {
    const { kernel } = this.context;
    if (kernel === null) return this.readRecord(buf, p, end);
    const reached = kernel.scanList(p, end);
    if (reached === p) return this.readRecord(buf, p, end);
    this.state = reached < 0 ? 'afterRecord' : 'record';
    return Math.abs(reached);
  }

  private readRecord(buf: Uint8Array, p: number, end: number): number {
    const { context, scanner } = this;
    const isObject = buf[p] === 123;
    let after = isObject ? scanner.scanRecord(buf, p, end) : scanner.scanValue(buf, p, end);
    if (after >= 0) {
      assertWithinLimit(context, p, after, 'a record');
      if (isObject) context.assembler.take(buf, scanner.spans, context.base + p);
      else context.tracker.invalid('not_an_object', context.base + p, '');
    } else {
      if (after !== INCOMPLETE) after = skipStructure(buf, p, end);
      assertWithinLimit(context, p, after === INCOMPLETE ? end : after, 'a record');
      if (after === INCOMPLETE) return INCOMPLETE;
      if (after === p) throw this.unexpected(p, 'a record');
      const { problem, problemAt, detail } = scanner;
      context.tracker.invalid(
        problem,
        context.base + p,
        `${detail} (byte ${grouped(context.base + problemAt)})`,
      );
    }
    this.state = 'afterRecord';
    return after;
  }

  /** Reads a key and, unless it holds the records, its whole value. */
  private readMember(buf: Uint8Array, p: number, end: number): number {
    const { context, scanner } = this;
    const colonEnd = scanner.scanKey(buf, p, end);
    const value = colonEnd < 0 ? colonEnd : skipSpace(buf, colonEnd, end);
    if (colonEnd >= 0 && value < end) {
      const key = this.keyText(buf, p, end);
      if (RECORD_KEYS.has(key)) {
        this.openRecords(key, buf, p, value);
        return value + 1;
      }
      const after = scanner.scanValue(buf, value, end, 1);
      if (after >= 0) {
        assertWithinLimit(context, p, after, `the value of "${key}"`);
        this.takeMember(key, buf, p, value, after);
        return after;
      }
      if (after !== INCOMPLETE) throw this.broken();
    } else if (colonEnd < 0 && colonEnd !== INCOMPLETE) {
      throw this.broken();
    }
    assertWithinLimit(context, p, end, 'a value outside the records');
    return INCOMPLETE;
  }

  private keyText(buf: Uint8Array, p: number, end: number): string {
    // The scanner has accepted the key, so that it is a JSON string of bounded length.
    return JSON.parse(this.decode(buf, p, this.scanner.scanValue(buf, p, end))) as string;
  }

  private openRecords(key: string, buf: Uint8Array, p: number, value: number): void {
    const { context } = this;
    if (this.recordsKey !== null) {
      const message = `the export has both "${this.recordsKey}" and another "${key}"`;
      throw fatal(
        context,
        p,
        message,
        'One export holds one list of records: keep one of them.',
        'duplicate_records',
      );
    }
    if (buf[value] !== 91) {
      const message = `"${key}" must be an array of log records, but it is ${kindOf(buf[value])}`;
      throw fatal(
        context,
        value,
        message,
        `Write {"${key}": [{"timestamp": ..., "message": ...}, ...]}.`,
        'wrong_type',
      );
    }
    this.keys.push(key);
    this.recordsKey = key === 'logs' ? 'logs' : 'data';
    this.state = 'firstRecord';
  }

  private takeMember(key: string, buf: Uint8Array, p: number, value: number, after: number): void {
    const { context } = this;
    this.keys.push(key);
    if (this.keys.length > context.limits.maxKeys) {
      const hint = 'Expected are "logs" or "data", and "metadata".';
      throw fatal(
        context,
        p,
        `the export has more than ${context.limits.maxKeys} top-level keys`,
        hint,
        'too_many_keys',
      );
    }
    if (METADATA_KEYS.has(key)) {
      this.hasMetadata = true;
      // Bounded in size and depth by the scan above.
      const metadata = JSON.parse(this.decode(buf, value, after)) as unknown;
      if (metadata !== null && typeof metadata === 'object' && 'total_records' in metadata) {
        context.tracker.declare(metadata.total_records, context.base + value);
      }
    }
    this.state = 'afterMember';
  }

  private closeRecords(): void {
    this.state = this.topLevel === 'object' ? 'afterMember' : 'done';
  }

  private closeObject(p: number): void {
    if (this.recordsKey === null) {
      const seen = this.keys.slice(0, 20).map((key) => JSON.stringify(key.slice(0, 40)));
      const message = `no "logs" or "data" array found; the top-level keys are: ${seen.join(', ') || 'none'}`;
      const hint =
        'Expected is {"logs": [...]} or {"export_metadata": {...}, "data": [...]}, or one record a line.';
      throw fatal(this.context, p, message, hint, 'no_records_array');
    }
    if (!this.hasMetadata) this.context.tracker.noteFile('metadata_missing', 0, '');
    this.state = 'done';
  }

  private place(start?: number): string {
    const at = start === undefined ? '' : `, which starts at byte ${grouped(this.context.base + start)}`;
    switch (this.state) {
      case 'record':
      case 'firstRecord':
      case 'afterRecord':
        return start === undefined ? 'inside the list of records' : `in the middle of a record${at}`;
      case 'start':
      case 'firstMember':
      case 'member':
      case 'afterMember':
      case 'done':
        return start === undefined ? 'before the closing brace' : `in the middle of a value${at}`;
    }
  }

  private unexpected(p: number, wanted: string): Error {
    return fatal(this.context, p, `the JSON is broken: expected ${wanted}`, REDO, 'invalid_json');
  }

  private broken(): Error {
    const { problem, problemAt, detail } = this.scanner;
    return fatal(this.context, problemAt, `the JSON outside the records is broken: ${detail}`, REDO, problem);
  }
}

function kindOf(byte: number): string {
  if (byte === 123) return 'an object';
  if (byte === 34) return 'a text';
  if (byte === 110) return 'null';
  return byte === 116 || byte === 102 ? 'true or false' : 'a number';
}

/** First key of the object at `p` when it is short, plain ASCII and at hand; else ''. */
function firstKeyOf(buf: Uint8Array, p: number, end: number): string {
  const start = skipSpace(buf, p + 1, end);
  if (start >= end || buf[start] !== 34) return '';
  let key = '';
  for (let at = start + 1; at < end && key.length <= 64; at++) {
    const c = buf[at];
    if (c === 34) return key;
    if (c < 32 || c > 126 || c === 92) return '';
    key += String.fromCharCode(c);
  }
  return '';
}
