import { MEMORY_PAGES, plainMemory } from '../export/core/ingest-memory.js';
import { LabelledRecords } from '../export/core/labelled-records.js';
import { NameTable, recordNames } from '../export/core/name-table.js';
import { RecordBatch } from '../export/core/record-batch.js';
import { ScanHost, ScanKernel, type ScanExports } from '../export/core/scan-kernel.js';
import { ValidationCollector } from '../export/core/validation-collector.js';
import { TextClassifier } from '../features/core/batch-classifier.js';
import { ClassifyKernel, classifyImports, type ClassifyExports } from '../features/core/classify-kernel.js';
import { EventColumns, type BatchClassifier } from '../features/core/event-columns.js';
import type { RowAggregator } from '../features/core/feature-set.js';
import { featureSet } from '../features/core/feature-sets.js';
import type { IngestTask } from './ingest-task.js';
import { loadKernel, wasmMemory } from '../platform/compute/kernel-files.js';
import { zoneOffset } from './zone-offset.js';

const MAX_SSIDS = 200_000;

export const decode = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');

/** What the rows of an ingest go through, in one shared memory. */
export interface IngestTools {
  /** null: the readers do everything themselves. */
  readonly scanner: ScanKernel | null;
  readonly batch: RecordBatch;
  readonly collector: ValidationCollector;
  readonly labelField: Uint8Array | null;
  /** null: no label field is read. */
  readonly labelled: LabelledRecords | null;
  /** null: validation only. */
  readonly aggregator: RowAggregator | null;
  /** null: nothing to classify. */
  readonly classifier: BatchClassifier | null;
}

/** @param keepAll lines may come in any order at all (AggregatorOptions.keepAll) */
export function ingestTools(task: IngestTask, keepAll: boolean): IngestTools {
  const names = recordNames();
  const labelField = task.labelField == null ? null : Buffer.from(task.labelField, 'utf8');
  const shared = wasmMemory(MEMORY_PAGES);
  const memory = shared?.buffer ?? plainMemory();
  const batch = new RecordBatch(memory, names);
  const set = featureSet(task.featureSet);
  const collector = new ValidationCollector({
    names,
    windowSeconds: task.window.lengthSeconds,
    wifiRequired: set.wifiRequired,
    startMs: task.startMs,
    endMs: task.endMs,
    programs: task.programs === null ? null : new Set(task.programs),
  });
  const aggregator = task.extract
    ? set.createAggregator(task.window, zoneOffset(task.window.timezone), { names, decode, keepAll })
    : null;
  return {
    // The compiled scanner knows the fields of every export, not the one that holds labels here.
    scanner: shared === null || labelField !== null ? null : recordScanner(shared, batch),
    batch,
    collector,
    labelField,
    labelled: labelField === null ? null : new LabelledRecords(),
    aggregator,
    classifier: aggregator?.needsEvents ? classifier(memory, shared) : null,
  };
}

function recordScanner(memory: WebAssembly.Memory, batch: RecordBatch): ScanKernel | null {
  const host = new ScanHost(batch, decode);
  const exports = loadKernel<ScanExports>('export', 'scan', { env: { memory }, host: { ...host.imports } });
  return exports === null ? null : new ScanKernel(exports, host, batch);
}

function classifier(memory: ArrayBuffer, shared: WebAssembly.Memory | null): BatchClassifier {
  const ssids = new NameTable({ what: 'networks', field: 'SSID names in the messages', maxNames: MAX_SSIDS });
  const events = new EventColumns(memory, ssids);
  const host = { ...classifyImports(memory, ssids, decode) };
  const exports =
    shared === null
      ? null
      : loadKernel<ClassifyExports>('features', 'classify', { env: { memory: shared }, host });
  return exports === null
    ? new TextClassifier(events, decode)
    : new ClassifyKernel(memory, events, decode, exports);
}
