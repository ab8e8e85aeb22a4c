import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BATCH_ROWS, MEMORY_PAGES } from '../../src/export/core/ingest-memory.js';
import { NameTable, recordNames } from '../../src/export/core/name-table.js';
import { RecordBatch, ROW } from '../../src/export/core/record-batch.js';
import { TextClassifier } from '../../src/features/core/batch-classifier.js';
import {
  ClassifyKernel,
  classifyImports,
  type ClassifyExports,
} from '../../src/features/core/classify-kernel.js';
import { EVENT_CLASSES } from '../../src/features/core/event-class.js';
import { EventColumns, type BatchClassifier } from '../../src/features/core/event-columns.js';
import { decodeText } from './export-fixtures.js';

const WASM = fileURLToPath(new URL('../../dist/src/features/core/assembly/classify.wasm', import.meta.url));
const ENCODER = new TextEncoder();

/** A line with the end of what may be read of it: the bytes behind it stay where they are. */
export interface Line {
  readonly program: string;
  readonly message: string | Uint8Array;
  /** Bytes of the message that count; all without it. */
  readonly end?: number;
}

/** A row of the event columns. */
export interface EventRow {
  readonly class: string;
  readonly groups: number;
  readonly mac: number;
  readonly bssid: number;
  readonly ssid: string | null;
  readonly reason: number;
  readonly status: number;
  readonly freq: number;
  readonly signal: number;
  readonly txrate: number;
  readonly flags: number;
}

const ssidTable = (): NameTable => new NameTable({ what: 'networks', field: 'message', maxNames: 1_000_000 });

/** The compiled classifier and its twin over the same memory. */
export class ClassifierPair {
  readonly memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  readonly names = recordNames();
  readonly batch = new RecordBatch(this.memory.buffer, this.names);
  readonly kernel: ClassifyKernel;
  readonly text: TextClassifier;

  constructor() {
    if (!existsSync(WASM)) throw new Error('Build the kernels first: node scripts/build-kernels.mjs');
    const { buffer } = this.memory;
    const events = new EventColumns(buffer, ssidTable());
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(WASM)), {
      env: { memory: this.memory },
      host: { ...classifyImports(buffer, events.ssids, decodeText) },
    });
    this.kernel = new ClassifyKernel(
      buffer,
      events,
      decodeText,
      instance.exports as unknown as ClassifyExports,
    );
    this.text = new TextClassifier(new EventColumns(buffer, ssidTable()), decodeText);
  }

  /** Fills the batch; the messages lie directly behind one another. Returns how many lines fitted. */
  fill(lines: readonly Line[]): number {
    const { batch, names } = this;
    batch.clear();
    for (const { program, message, end } of lines) {
      const bytes = typeof message === 'string' ? ENCODER.encode(message) : message;
      const at = batch.count < BATCH_ROWS ? batch.reserveText(bytes.length) : -1;
      if (at < 0) break;
      batch.bytes.set(bytes, at);
      const row = batch.count++;
      batch.program[row] = names.programs.id(program);
      batch.messageStart[row] = at;
      batch.messageEnd[row] = at + (end ?? bytes.length);
      batch.flags[row] = ROW.kept;
    }
    return batch.count;
  }

  rows(classifier: BatchClassifier): EventRow[] {
    const { events } = classifier;
    classifier.classify(this.batch);
    return Array.from({ length: this.batch.count }, (_, row) => ({
      class: EVENT_CLASSES[events.eventClass[row]],
      groups: events.groups[row],
      mac: events.mac[row],
      bssid: events.bssid[row],
      ssid: events.ssid[row] < 0 ? null : events.ssids.name(events.ssid[row]),
      reason: events.reason[row],
      status: events.status[row],
      freq: events.freq[row],
      signal: events.signal[row],
      txrate: events.txrate[row],
      flags: events.flags[row],
    }));
  }

  /** Rows on which the two differ, with their text. */
  differences(lines: readonly Line[]): unknown[] {
    const found: unknown[] = [];
    for (let from = 0; from < lines.length;) {
      const count = this.fill(lines.slice(from, from + BATCH_ROWS));
      if (count === 0) throw new RangeError('A line is longer than the arena.');
      const compiled = this.rows(this.kernel);
      const meant = this.rows(this.text);
      meant.forEach((row, index) => {
        if (JSON.stringify(row) !== JSON.stringify(compiled[index])) {
          found.push({ line: lines[from + index], text: row, kernel: compiled[index] });
        }
      });
      from += count;
    }
    return found;
  }
}
