import type { EvaluationInput, HoldoutLabels } from '../evaluation/core/evaluation-report.js';
import { keptLogs, type ValidationReport } from '../export/core/validation-report.js';
import { nonEmptyWindowCount } from '../features/core/dataset.js';
import type { FeatureTable } from '../features/core/feature-table.js';
import type { ColumnSet } from '../features/core/table-set.js';
import type { WindowTable } from '../features/core/window-table.js';

/** What an evaluation knows about its rows beside their values. */
export interface HoldoutEvidence {
  readonly extent: EvaluationInput['data'];
  /** Where and when the held-out rows are; null without times. */
  readonly windows: EvaluationInput['holdoutWindows'];
  readonly labels: HoldoutLabels | null;
}

/** @param test the held-out rows of the table */
export function windowEvidence(
  table: WindowTable,
  test: Int32Array,
  { stats }: ValidationReport,
  { wifiRequired, programs }: ColumnSet,
): HoldoutEvidence {
  return {
    extent: {
      wifiRequired,
      // The report counts the lines of every program; an agent sees only some of them.
      nonEmptyWindows: programs === null ? stats.non_empty_windows : nonEmptyWindowCount(table),
      spanSeconds: stats.time_range_days * 86_400,
      lineCount: keptLogs(stats),
      wifiLineCount: stats.wifi_logs,
    },
    windows: windowsOf(table, table.startMs, test, table.windowSeconds),
    labels: null,
  };
}

/** @param windowSeconds how long a row of a table with times lasts */
export function tableEvidence(table: FeatureTable, test: Int32Array, windowSeconds: number): HoldoutEvidence {
  const { startMs, labels } = table;
  return {
    extent: {
      wifiRequired: false,
      nonEmptyWindows: table.rowCount,
      spanSeconds: null,
      lineCount: null,
      wifiLineCount: null,
    },
    windows: startMs && windowsOf(table, startMs, test, windowSeconds),
    labels: labels && {
      source: 'ground_truth',
      windowLabels: Uint8Array.from(test, (row) => labels[row]),
    },
  };
}

function windowsOf(
  { devices, deviceIndex }: Pick<WindowTable, 'devices' | 'deviceIndex'>,
  startMs: Float64Array,
  rows: Int32Array,
  windowSeconds: number,
): NonNullable<EvaluationInput['holdoutWindows']> {
  return {
    devices,
    deviceIndex: Int32Array.from(rows, (row) => deviceIndex[row]),
    startMs: Float64Array.from(rows, (row) => startMs[row]),
    windowSeconds,
  };
}
