import type { ValidationReport } from '../export/core/validation-report.js';
import type { FeatureState } from '../features/core/feature-state.js';
import type { WindowConfig, WindowTable } from '../features/core/window-table.js';
import type { InputName } from './open-input.js';

/** Reads, validates and (with `extract`) windows the files, in one pass. */
export interface IngestTask {
  readonly files: readonly InputName[];
  readonly featureSet: string;
  readonly window: WindowConfig;
  /** false: validation report only. */
  readonly extract: boolean;
  /** Arrival time range [startMs, endMs), or null = unbounded. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly programs: readonly string[] | null;
  /** Refuse a symbolic link as the last path component (files named over the network). */
  readonly noFollow: boolean;
  /** What a model learnt, to compute its rows with. Absent: learnt from the training part of the input. */
  readonly state?: FeatureState | null;
  /** How the training part is cut off; absent: all windows are of it. */
  readonly training?: TrainingShares;
  /** Record field that holds labels; read in one thread, without the compiled scanner. Absent = none. */
  readonly labelField?: string | null;
  /** Threads that read, default 1; the result does not depend on it. */
  readonly threads?: number;
  /** A thread is started for no less than this; default 32 MiB. */
  readonly bytesPerThread?: number;
}

/** Shares of the windows that come after the training part. */
export interface TrainingShares {
  readonly validationSize: number;
  readonly testSize: number;
}

export interface IngestResult {
  readonly report: ValidationReport;
  readonly table: WindowTable | null;
  /** With a label field: row of the table -> 1 = a record in the window is labelled as an anomaly. */
  readonly labels: Uint8Array | null;
}
