import type { FeatureTable } from '../features/core/feature-table.js';
import type { TableReport } from '../features/core/table-report.js';
import type { InputName } from './open-input.js';

/** Reads feature tables in one pass. */
export interface TableTask {
  readonly files: readonly InputName[];
  /** The columns that a model takes, in its order; null = every column is a feature. */
  readonly features: readonly string[] | null;
  readonly labelColumn: string | null;
  /** Rows with a time in [startMs, endMs), or null = unbounded. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly maxRows: number;
  /** Refuse a symbolic link as the last path component (files named over the network). */
  readonly noFollow: boolean;
}

export interface TableResult {
  readonly report: TableReport;
  readonly table: FeatureTable;
}
