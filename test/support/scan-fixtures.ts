import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../src/shared/errors.js';
import { batchRecords } from '../../src/export/core/batch-records.js';
import {
  ExportParser,
  type ExportParserOptions,
  type PartStop,
} from '../../src/export/core/export-parser.js';
import { MEMORY_PAGES } from '../../src/export/core/ingest-memory.js';
import type { LogRecord } from '../../src/export/core/log-record.js';
import { recordNames } from '../../src/export/core/name-table.js';
import type { PartFormat } from '../../src/export/core/parser-context.js';
import type { RecordTracker } from '../../src/export/core/record-tracker.js';
import { RecordBatch } from '../../src/export/core/record-batch.js';
import { ScanHost, ScanKernel, type ScanExports } from '../../src/export/core/scan-kernel.js';
import { decodeText } from './export-fixtures.js';

const WASM = fileURLToPath(new URL('../../dist/src/export/core/assembly/scan.wasm', import.meta.url));
let compiled: WebAssembly.Module | undefined;

/** What a parser said, in its order. */
export class RecordingTracker implements RecordTracker {
  recordCount = 0;
  readonly said: unknown[][] = [];
  readonly levels: string[] = [];

  invalid(reason: string, byteOffset: number, detail: string): void {
    this.said.push(['invalid', reason, this.recordCount++, byteOffset, detail]);
  }
  note(code: string, recordIndex: number, byteOffset: number, detail: string): void {
    this.said.push(['note', code, recordIndex, byteOffset, detail]);
  }
  checkClock(batch: RecordBatch, row: number, rawHead: string): void {
    this.said.push(['clock', batch.timeMs[row], batch.recordIndex[row], batch.byteOffset[row], rawHead]);
  }
  levelBits(text: string): number {
    if (!this.levels.includes(text)) this.levels.push(text);
    return (1 + this.levels.indexOf(text)) << 8;
  }
  noteFile(code: string, byteOffset: number, detail: string): void {
    this.said.push(['file', code, this.recordCount, byteOffset, detail]);
  }
  declare(count: unknown, byteOffset: number): void {
    this.said.push(['declare', count, byteOffset]);
  }
  close(): void {
    this.said.push(['close', this.recordCount]);
  }
}

export type Row = LogRecord & { readonly flags: number; readonly ids: readonly number[] };

export interface Scanned {
  readonly rows: Row[];
  readonly said: unknown[][];
  /** Format, or the error. */
  readonly outcome: unknown;
  readonly stop: PartStop;
  readonly partFormat: PartFormat | null;
  readonly recordCount: number;
  readonly names: { readonly devices: readonly string[]; readonly programs: readonly string[] };
}

/** A parser of the same memory again and again: with the compiled scanner, or in TypeScript alone. */
export class ScanBench {
  private readonly memory: WebAssembly.Memory;
  private readonly module: WebAssembly.Module | null;
  /** Rows the compiled scanner took, and why it stopped (counts by reason). */
  compiledRows = 0;
  readonly stops = new Map<number, number>();

  constructor(withKernel: boolean) {
    this.memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
    if (withKernel && !existsSync(WASM))
      throw new Error('Build the kernels first: node scripts/build-kernels.mjs');
    this.module = withKernel ? (compiled ??= new WebAssembly.Module(readFileSync(WASM))) : null;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  /** Reads a file in chunks of the sizes given (over and over), and keeps all there is to know of it. */
  read(file: Uint8Array, chunks: readonly number[], options: Partial<ExportParserOptions> = {}): Scanned {
    const names = recordNames();
    const batch = new RecordBatch(this.memory.buffer, names);
    const tracker = new RecordingTracker();
    const rows: Row[] = [];
    const takeRows = (): void => {
      const records = batchRecords(batch, decodeText);
      rows.push(
        ...records.map((record, row) => ({
          ...record,
          flags: batch.flags[row],
          ids: [batch.device[row], batch.program[row]],
        })),
      );
      batch.clear();
    };
    let outcome: unknown;
    let stop: PartStop = 'reading';
    let partFormat: PartFormat | null = null;
    try {
      const parser = new ExportParser({
        fileName: 'export.json',
        decode: decodeText,
        tracker,
        batch,
        onBatch: takeRows,
        kernel: this.kernel(batch),
        ...options,
      });
      for (let at = 0, i = 0; at < file.length && parser.partStop !== 'hit'; i++) {
        const step = Math.max(1, chunks[i % chunks.length]);
        parser.push(file.subarray(at, at + step));
        at += step;
        partFormat ??= parser.partFormat();
      }
      stop = parser.partStop;
      if (stop === 'hit') parser.endPart();
      else outcome = parser.end();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      outcome = { message: error.message, hint: error.hint, details: error.details };
      takeRows();
    }
    const { devices, programs } = names;
    return {
      rows,
      said: tracker.said,
      outcome,
      names: { devices: [...devices.names()], programs: [...programs.names()] },
      stop,
      partFormat,
      recordCount: tracker.recordCount,
    };
  }

  /** The compiled scanner of a batch; null for a bench without it. */
  kernel(batch: RecordBatch): ScanKernel | null {
    if (this.module === null) return null;
    const host = new ScanHost(batch, decodeText);
    const { exports } = new WebAssembly.Instance(this.module, {
      env: { memory: this.memory },
      host: { ...host.imports },
    });
    return new ScanKernel(this.counting(exports as unknown as ScanExports), host, batch);
  }

  private counting(exports: ScanExports): ScanExports {
    let before = 0;
    return {
      ...exports,
      setTarget: (rows, ...rest) => {
        before = rows;
        exports.setTarget(rows, ...rest);
      },
      lastStop: () => {
        const stop = exports.lastStop();
        this.compiledRows += exports.rows() - before;
        this.stops.set(stop, (this.stops.get(stop) ?? 0) + 1);
        return stop;
      },
    };
  }
}
