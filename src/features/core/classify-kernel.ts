import type { DecodeText } from '../../export/core/log-record.js';
import type { RecordBatch } from '../../export/core/record-batch.js';
import type { NameTable } from '../../export/core/name-table.js';
import { MEMORY_LAYOUT } from '../../export/core/ingest-memory.js';
import { TextClassifier } from './batch-classifier.js';
import { PROGRAM_LIMIT, writeClassifyTables } from './classify-tables.js';
import type { BatchClassifier, EventColumns } from './event-columns.js';
import { ruleListOf } from './event-rule-lists.js';

/** What the compiled classifier exports (assembly/classify.ts). Addresses are positions in the shared memory. */
export interface ClassifyExports {
  heapBase(): number;
  init(header: number): void;
  /** Number of the first row from `from` on that is left to the host, or `count`. */
  classify(
    from: number,
    count: number,
    programs: number,
    starts: number,
    ends: number,
    flags: number,
  ): number;
}

/** What it asks of its host (imported as `host.*`). */
export interface ClassifyImports {
  /** Number of the network whose name is written in bytes [start, end) of the shared memory. */
  ssidOf(start: number, end: number): number;
}

/** @throws AppError `export_invalid` from `ssidOf` for more networks than the table of SSIDs takes */
export function classifyImports(memory: ArrayBuffer, ssids: NameTable, decode: DecodeText): ClassifyImports {
  const bytes = new Uint8Array(memory);
  return { ssidOf: (start, end) => ssids.id(decode(bytes, start, end)) };
}

/**
 * Classifies the messages of a batch as bytes, with the same rule tables as {@link TextClassifier}, compiled to byte
 * tables. A row that it cannot be sure about (an address of a station line with characters beyond ASCII) goes to the
 * text classifier; numbers of SSIDs are given in the order of the rows either way.
 */
export class ClassifyKernel implements BatchClassifier {
  /** Rows that were left to the text classifier. */
  rowsLeft = 0;
  private readonly text: TextClassifier;
  private readonly lists: Uint8Array;
  private programs: NameTable | null = null;
  private programsKnown = 0;

  /**
   * @param memory block the batch and the columns live in, and the kernel runs on
   * @throws RangeError when the kernel's static data reaches into its tables
   */
  constructor(
    memory: ArrayBuffer,
    readonly events: EventColumns,
    decode: DecodeText,
    private readonly kernel: ClassifyExports,
  ) {
    if (kernel.heapBase() > MEMORY_LAYOUT.scanTables) {
      throw new RangeError('The static data of the compiled classifier is larger than its place.');
    }
    const { header, programLists } = writeClassifyTables(memory, events);
    this.lists = new Uint8Array(memory, programLists, PROGRAM_LIMIT);
    this.text = new TextClassifier(events, decode);
    kernel.init(header);
  }

  classify(batch: RecordBatch): void {
    this.learnPrograms(batch.names.programs);
    const { count, program, messageStart, messageEnd, flags } = batch;
    for (let row = 0; row < count; row++) {
      row = this.kernel.classify(
        row,
        count,
        program.byteOffset,
        messageStart.byteOffset,
        messageEnd.byteOffset,
        flags.byteOffset,
      );
      if (row >= count) break;
      this.text.classifyRow(batch, row);
      this.rowsLeft++;
    }
  }

  /** Which rules the programs have that were first named in this batch. */
  private learnPrograms(programs: NameTable): void {
    if (programs !== this.programs) {
      this.programs = programs;
      this.programsKnown = 0;
    }
    const known = Math.min(programs.size, PROGRAM_LIMIT);
    for (let id = this.programsKnown; id < known; id++) this.lists[id] = ruleListOf(programs.name(id));
    this.programsKnown = known;
  }
}
