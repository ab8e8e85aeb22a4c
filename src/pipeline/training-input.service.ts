import { Injectable } from '@nestjs/common';
import { LabelsService } from '../evaluation/labels.service.js';
import type { EpisodeWindows } from '../evaluation/core/episodes.js';
import type { HoldoutLabels } from '../evaluation/core/real-label-report.js';
import type { LabelsFile } from '../evaluation/core/labels/label-coverage.js';
import { refusalText } from '../export/core/refusal-text.js';
import { keptLogs, type ValidationReport } from '../export/core/validation-report.js';
import { featureSet } from '../features/core/feature-sets.js';
import { inTimeOrder } from '../features/core/feature-table.js';
import type { TableReport } from '../features/core/table-report.js';
import { tableSet, type ColumnSet } from '../features/core/table-set.js';
import type { WindowConfig, WindowTable } from '../features/core/window-table.js';
import { FeatureExtractionService, type Extraction } from '../features/feature-extraction.service.js';
import { FeatureTableService } from '../features/feature-table.service.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import { AppError } from '../shared/errors.js';
import { assertEnoughWindows } from '../training/core/enough-windows.js';
import { shuffledSplit, type RowSplit } from '../training/core/shuffled-split.js';
import { temporalSplit, type TemporalSplit } from '../training/core/split.js';
import type { TableResult } from '../workers/table-task.js';
import {
  evidenceWarnings,
  tableEvidence,
  windowEvidence,
  type HoldoutEvidence,
  type TableLabelSource,
} from './holdout-evidence.js';
import { ingestTask } from './ingest-task.js';
import type { RunConfig } from './run-config.js';
import { tableTask } from './table-task.js';
import type { TrainingRequest } from './training-request.js';

const SECONDS_PER_DAY = 24 * 60 * 60;

/** Rows to train on and to judge with, whatever they were made from. */
export interface TrainingInput {
  readonly report: ValidationReport | TableReport;
  /** Lines behind the rows; 0 for a feature table. */
  readonly logCount: number;
  readonly set: ColumnSet;
  readonly window: WindowConfig;
  readonly table: Pick<WindowTable, 'featureNames' | 'values'>;
  readonly split: RowSplit;
  readonly evidence: HoldoutEvidence;
  /** Rows that one device gives in a day; null: the rows have no times. */
  readonly rowsPerDay: number | null;
  /** Where and when every row is, in the order of the table; null without times. */
  readonly times: EpisodeWindows | null;
  /** Real labels of every row. */
  readonly labels: HoldoutLabels | null;
  readonly labelsFile: LabelsFile | null;
  /** What was found in the input beside what its report says. */
  readonly warnings: readonly string[];
}

/** Reads what a run is to be trained on: log exports, or a feature table. */
@Injectable()
export class TrainingInputService {
  constructor(
    private readonly features: FeatureExtractionService,
    private readonly tables: FeatureTableService,
    private readonly labels: LabelsService,
  ) {}

  /** @throws AppError `export_invalid` or `not_enough_data` saying why the input cannot train */
  async read(
    request: TrainingRequest,
    config: RunConfig,
    options: ThreadTaskOptions,
  ): Promise<TrainingInput> {
    // First, because it is small: a wrong entry is told before an export of gigabytes is read.
    const labels = request.labels === undefined ? null : this.labels.read(request.labels, request.noFollow);
    return request.table === undefined
      ? windowInput(await this.features.extract(ingestTask(request, config.values), options), config, labels)
      : tableInput(await this.tables.read(tableTask(request, config.values), options), config, {
          column: request.table.labelColumn,
          file: labels,
        });
  }
}

function windowInput(
  { report, table }: Extraction,
  config: RunConfig,
  labels: LabelsFile | null,
): TrainingInput {
  assertTrainable(report, () => refusalText(report));
  const { features } = config.values;
  const set = featureSet(features.set);
  assertEnoughWindows(table, set);
  const split = splitInTime(table.startMs, config);
  const evidence = windowEvidence(table, split.test, report, set, labels);
  return {
    report,
    logCount: keptLogs(report.stats),
    set,
    window: ingestTask({ files: [] }, config.values).window,
    table,
    split,
    evidence,
    rowsPerDay: SECONDS_PER_DAY / features.window.stride,
    times: {
      devices: table.devices,
      deviceIndex: table.deviceIndex,
      startMs: table.startMs,
      windowSeconds: table.windowSeconds,
    },
    labels: evidence.labels,
    labelsFile: labels,
    warnings: [...report.warnings.map(({ message }) => message), ...evidenceWarnings(evidence)],
  };
}

/** With times the rows are split like windows, each as long as `features.window.length`; without them at random. */
function tableInput(
  { report, table: asRead }: TableResult,
  config: RunConfig,
  labels: TableLabelSource,
): TrainingInput {
  assertTrainable(report, () => report.errors.map(({ message }) => message).join(' '));
  const { features, training, model } = config.values;
  const table = inTimeOrder(asRead);
  const { startMs } = table;
  if (startMs === null && model.threshold.policy === 'alert_budget') {
    throw new AppError(
      'config_invalid',
      'model.threshold.policy is "alert_budget", but the rows of the table have no times: how many come in a day is not known.',
      { hint: 'Add a column "start" with the time of each row, or use the policy "contamination".' },
    );
  }
  assertLabelsFit(startMs, labels);
  const split =
    startMs === null
      ? shuffledSplit(table.rowCount, {
          validationSize: training.validation_size,
          testSize: training.test_size,
          seed: training.random_state,
        })
      : splitInTime(startMs, config);
  const { length, stride } = features.window;
  const evidence = tableEvidence(table, split.test, length, labels);
  return {
    report,
    logCount: 0,
    set: tableSet(table.featureNames),
    window: {
      // 0 = the rows are no windows of time.
      lengthSeconds: startMs === null ? 0 : length,
      strideSeconds: startMs === null ? 0 : stride,
      contextSeconds: 0,
      groupBy: 'device',
      timezone: 'UTC',
      maxWindows: features.window.max_windows,
    },
    table,
    split,
    evidence,
    rowsPerDay: startMs && SECONDS_PER_DAY / stride,
    times: startMs && {
      devices: table.devices,
      deviceIndex: table.deviceIndex,
      startMs,
      windowSeconds: length,
    },
    labels:
      evidence.labels &&
      (table.labels === null ? evidence.labels : { ...evidence.labels, windowLabels: table.labels }),
    labelsFile: labels.file,
    warnings: [...report.warnings.map(({ message }) => message), ...evidenceWarnings(evidence)],
  };
}

/** @throws AppError when a labels file cannot speak about the rows of a table */
export function assertLabelsFit(startMs: Float64Array | null, { column, file }: TableLabelSource): void {
  if (file === null) return;
  if (column !== null) {
    throw new AppError('usage', 'A labels file and a label column were given, of which one can be right.', {
      hint: 'Leave one of them out.',
    });
  }
  if (startMs === null) {
    throw new AppError('usage', 'A labels file names times, but the rows of the table have none.', {
      hint: 'Add a column "start" with the time of each row, or give a label column.',
    });
  }
}

function assertTrainable(report: ValidationReport | TableReport, message: () => string): void {
  if (report.is_valid) return;
  const lack = report.errors.every(({ code }) => code.startsWith('not_enough_'));
  throw new AppError(lack ? 'not_enough_data' : 'export_invalid', message(), {
    hint: '"mcp-training validate" on the same files shows the whole report.',
    details: { errors: report.errors, warnings: report.warnings, stats: report.stats },
  });
}

function splitInTime(startMs: Float64Array, { values }: RunConfig): TemporalSplit {
  return temporalSplit(startMs, {
    validationSize: values.training.validation_size,
    testSize: values.training.test_size,
    gapWindows: 1,
    windowSeconds: values.features.window.length,
    strideSeconds: values.features.window.stride,
  });
}
