import type { FindingLog } from './finding-log.js';
import type { LogRecord } from './log-record.js';
import type { RecordTotals } from './record-totals.js';

const MAX_EXAMPLES = 5;

interface Place {
  readonly recordIndex: number;
  readonly byteOffset: number;
}

/** What a report needs to know about the sequence of records within one file. */
export class FileTracker {
  /** Records seen, valid or not; also the index of the record at hand. */
  recordCount = 0;
  duplicates = 0;
  /** Steps to a later and to an earlier time between consecutive lines. */
  forward = 0;
  backward = 0;
  declaredRecords: number | null = null;

  private hasPrevious = false;
  private previousMs = 0;
  private previousDevice = '';
  private previousProgram = '';
  private previousMessage = '';
  private readonly forwardPlaces: Place[] = [];
  private readonly backwardPlaces: Place[] = [];

  constructor(
    readonly fileName: string,
    private readonly totals: RecordTotals,
    private readonly log: FindingLog,
  ) {}

  /** Counts the record at hand as invalid. */
  invalid(reason: string, byteOffset: number, detail: string): void {
    this.totals.invalid++;
    this.log.add(reason, this.fileName, this.recordCount, byteOffset, detail);
    this.recordCount++;
  }

  /** Notes something about the record at hand. */
  note(code: string, record: LogRecord, detail: string): void {
    this.log.add(code, this.fileName, record.recordIndex, record.byteOffset, detail);
  }

  /** Notes something about the file as a whole. */
  noteFile(code: string, byteOffset: number, detail: string): void {
    this.log.add(code, this.fileName, this.recordCount, byteOffset, detail);
  }

  /** Counts the record at hand as valid; `kept` = neither date range nor program filter leaves it out. */
  accept(record: LogRecord, kept: boolean): void {
    this.recordCount++;
    if (!kept) {
      this.totals.addFiltered();
      return;
    }
    this.compareWithPrevious(record);
    this.totals.addKept(record);
  }

  /** Takes the record count the metadata claims. It is compared, never used to reserve memory. */
  declare(count: unknown, byteOffset: number): void {
    if (count === undefined || count === null) return;
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) {
      this.declaredRecords = count;
      return;
    }
    this.noteFile('declared_count_invalid', byteOffset, `total_records is ${JSON.stringify(count)}`);
  }

  /** Ends the file: what can only be judged at its end is added to the findings. */
  close(): void {
    if (this.declaredRecords !== null && this.declaredRecords !== this.recordCount) {
      const detail = `the metadata says ${this.declaredRecords} records, the file holds ${this.recordCount}`;
      this.noteFile('declared_count_differs', 0, detail);
    }
    if (this.recordCount === 0) this.noteFile('file_without_records', 0, '');
  }

  /** Places of the steps against the direction the file mostly runs in. */
  outOfOrderPlaces(): readonly Place[] {
    return this.forward >= this.backward ? this.backwardPlaces : this.forwardPlaces;
  }

  private compareWithPrevious(record: LogRecord): void {
    const { timestampMs, device, program, message } = record;
    if (this.hasPrevious) {
      if (timestampMs > this.previousMs) {
        this.forward++;
        if (this.forwardPlaces.length < MAX_EXAMPLES) this.forwardPlaces.push(place(record));
      } else if (timestampMs < this.previousMs) {
        this.backward++;
        if (this.backwardPlaces.length < MAX_EXAMPLES) this.backwardPlaces.push(place(record));
      } else if (
        message === this.previousMessage &&
        device === this.previousDevice &&
        program === this.previousProgram
      ) {
        this.duplicates++;
        this.note('duplicates', record, message);
      }
    }
    this.hasPrevious = true;
    this.previousMs = timestampMs;
    this.previousDevice = device;
    this.previousProgram = program;
    this.previousMessage = message;
  }
}

const place = ({ recordIndex, byteOffset }: LogRecord): Place => ({ recordIndex, byteOffset });
