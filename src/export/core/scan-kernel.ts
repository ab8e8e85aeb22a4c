import { FieldDecoder } from './field-decoder.js';
import { FieldSpans, SLOT } from './field-spans.js';
import { ARENA_BYTES, BATCH_ROWS, MEMORY_LAYOUT } from './ingest-memory.js';
import type { DecodeText } from './log-record.js';
import { nameId } from './name-rules.js';
import type { RecordBatch } from './record-batch.js';
import type { RecordTracker } from './record-tracker.js';
import { HEADER_BYTES } from './syslog-header.js';

/** What the compiled scanner exports (assembly/scan.ts). Positions are addresses in the shared memory. */
export interface ScanExports {
  heapBase(): number;
  init(tables: number, records: number, maxRows: number): number;
  setLimits(maxRecord: number, maxDepth: number): void;
  setTarget(rows: number, arena: number, arenaEnd: number, base: number, recordNumber: number): void;
  columnSlots(): number;
  scanList(start: number, end: number): number;
  scanLines(start: number, end: number): number;
  scanCsv(start: number, end: number, delimiter: number, columns: number): number;
  rows(): number;
  arena(): number;
  lastStop(): number;
}

/** What it asks for: import it under the module name `host`. */
export interface ScanImports {
  intern(kind: number, start: number, end: number): number;
  /** Row `row` of the columns is one of isClockSample(); its raw line is [start, end), of a KIND. */
  checkClock(row: number, kind: number, start: number, end: number): void;
}

/** Does for the scanner what needs text: names it has not met yet, clocks. */
export class ScanHost {
  readonly imports: ScanImports;
  /** Numbers the spellings of levels; always of the same report, because the scanner remembers the answers. */
  tracker: RecordTracker | null = null;

  private readonly decoder: FieldDecoder;
  private readonly spans = new FieldSpans();

  constructor(
    private readonly batch: RecordBatch,
    decode: DecodeText,
  ) {
    const { bytes, names } = batch;
    this.decoder = new FieldDecoder(decode);
    const levelBits = (text: string): number => this.tracker?.levelBits(text) ?? 0;
    this.imports = {
      intern: (kind, start, end) => nameId(names, kind, decode(bytes, start, end), levelBits),
      checkClock: (row, kind, start, end) => {
        this.spans.set(SLOT.rawMessage, kind, start, end);
        this.checkClock(row);
      },
    };
  }

  /** As RecordAssembler does it for the records it takes. */
  private checkClock(row: number): void {
    const { batch, decoder, tracker } = this;
    if (tracker === null) return;
    tracker.checkClock(batch, row, decoder.head(batch.bytes, this.spans, SLOT.rawMessage, HEADER_BYTES));
    if (decoder.loneSurrogates === 0) return;
    decoder.loneSurrogates = 0;
    tracker.note('lone_surrogate', batch.recordIndex[row], batch.byteOffset[row], '');
  }
}

/** What the scanner has to know of the file that is read (a ParserContext has it). */
export interface ScannedFile {
  readonly limits: { readonly maxRecordBytes: number; readonly maxDepth: number };
  readonly tracker: RecordTracker;
  /** Offset in the file of index 0 of the memory. */
  readonly base: number;
}

/** Why the scanner stopped; the numbers of Stop in assembly/state.ts. */
const STOP_INPUT = 0;
const STOP_FULL = 1;
const STOP_CUT = 3;
const ARENA_END = MEMORY_LAYOUT.arena + ARENA_BYTES;
/** Most records that are read without asking the scanner, after it could not take any for a while. */
const MAX_PAUSE = 64;

/**
 * The compiled record scanner. It appends records to the batch as long as it can prove that the readers would make the
 * same rows of them, and stops at the first other one. A reader asks it wherever a record may begin and reads one
 * record itself whenever nothing was taken.
 */
export class ScanKernel {
  private context: ScannedFile | null = null;
  private onBatch: () => void = () => undefined;
  private failures = 0;
  private pause = 0;

  /** @param exports the module, instantiated with the memory of `batch` and the imports of `host` */
  constructor(
    private readonly exports: ScanExports,
    private readonly host: ScanHost,
    private readonly batch: RecordBatch,
  ) {
    const { scanTables, records, classifyStatic, classifyTables } = MEMORY_LAYOUT;
    const used = scanTables + exports.init(scanTables, records, BATCH_ROWS);
    if (exports.heapBase() > classifyStatic || used > classifyTables) {
      throw new Error('The tables of the record scanner do not fit into their region of the memory.');
    }
  }

  /** Starts a file. `onBatch` takes the rows of the batch and clears it. */
  open(context: ScannedFile, onBatch: () => void): void {
    this.context = context;
    this.host.tracker = context.tracker;
    this.onBatch = onBatch;
    this.failures = 0;
    this.pause = 0;
    this.exports.setLimits(context.limits.maxRecordBytes, context.limits.maxDepth);
  }

  /** Says which field each CSV column holds (a slot or -1). Returns whether the scanner can read such rows. */
  setColumns(slots: Int8Array): boolean {
    const at = this.exports.columnSlots();
    if (at + slots.length > MEMORY_LAYOUT.classifyTables) return false;
    this.batch.bytes.set(new Uint8Array(slots.buffer, slots.byteOffset, slots.length), at);
    return true;
  }

  /**
   * Reads records of a JSON list. Returns the position of the first record not taken (`start`: none was), or, negated,
   * the position behind the last one taken, when no comma follows it.
   */
  scanList(start: number, end: number): number {
    if (this.isPaused()) return start;
    let p = start;
    do {
      this.before();
      p = this.exports.scanList(p, end);
    } while (this.after());
    return p;
  }

  /** Reads lines of JSON. Returns the position of the first record not taken. */
  scanLines(start: number, end: number): number {
    if (this.isPaused()) return start;
    let p = start;
    do {
      this.before();
      p = this.exports.scanLines(p, end);
    } while (this.after());
    return p;
  }

  /** Reads CSV rows of {@link setColumns}. Returns the position of the first row not taken. */
  scanCsv(start: number, end: number, delimiter: number, columns: number): number {
    if (this.isPaused()) return start;
    let p = start;
    do {
      this.before();
      p = this.exports.scanCsv(p, end, delimiter, columns);
    } while (this.after());
    return p;
  }

  /** Where most records are left to the readers, trying each of them first would be wasted. */
  private isPaused(): boolean {
    if (this.pause === 0) return false;
    this.pause--;
    return true;
  }

  private before(): void {
    const { batch, exports } = this;
    const { base, tracker } = this.context!;
    exports.setTarget(batch.count, batch.reserveText(0), ARENA_END, base, tracker.recordCount);
  }

  /** Takes over what the scanner did; whether it is to go on, because only the batch was full. */
  private after(): boolean {
    const { batch, exports } = this;
    const rows = exports.rows();
    const taken = rows - batch.count;
    batch.count = rows;
    batch.trimText(exports.arena());
    this.context!.tracker.recordCount += taken;
    const stop = exports.lastStop();
    // A message that does not fit into an empty batch is the readers' business.
    if (stop === STOP_FULL && rows > 0) {
      this.onBatch();
      return true;
    }
    if (taken > 0) {
      this.failures = 0;
    } else if (stop !== STOP_INPUT && stop !== STOP_CUT) {
      this.pause = Math.min(2 ** this.failures - 1, MAX_PAUSE);
      this.failures++;
    }
    return false;
  }
}
