import type { EvaluationInput } from '../evaluation/core/evaluation-report.js';
import type { HoldoutLabels } from '../evaluation/core/real-label-report.js';
import {
  labelWarnings,
  originOfFile,
  originOfRows,
  type LabelsFile,
} from '../evaluation/core/labels/label-coverage.js';
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

/** Labels of a file for windows of these devices. */
function fileLabels(labels: LabelsFile | null, devices: readonly string[]): HoldoutLabels | null {
  return (
    labels && { source: 'ground_truth', episodes: labels.episodes, origin: originOfFile(labels, devices) }
  );
}

/** What is odd about the labels, in words. */
export function evidenceWarnings({ labels }: HoldoutEvidence): string[] {
  return labels?.origin === undefined ? [] : labelWarnings(labels.origin);
}

/**
 * @param test the held-out rows of the table
 * @param labels a labels file, if there is one
 */
export function windowEvidence(
  table: WindowTable,
  test: Int32Array,
  { stats }: ValidationReport,
  { wifiRequired, programs }: ColumnSet,
  labels: LabelsFile | null = null,
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
    labels: fileLabels(labels, table.devices),
  };
}

/** What labels a feature table comes with: a column of its own, or a labels file, not both. */
export interface TableLabelSource {
  readonly column: string | null;
  readonly file: LabelsFile | null;
}

/** @param windowSeconds how long a row of a table with times lasts */
export function tableEvidence(
  table: FeatureTable,
  test: Int32Array,
  windowSeconds: number,
  given: TableLabelSource,
): HoldoutEvidence {
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
    labels:
      labels === null
        ? fileLabels(given.file, table.devices)
        : {
            source: 'ground_truth',
            windowLabels: Uint8Array.from(test, (row) => labels[row]),
            origin: originOfRows('label_column', given.column ?? ''),
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
