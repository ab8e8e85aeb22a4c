import { Injectable } from '@nestjs/common';
import { LabelsService } from '../evaluation/labels.service.js';
import { keptLogs, type ValidationReport } from '../export/core/validation-report.js';
import { featureSet } from '../features/core/feature-sets.js';
import { inTimeOrder } from '../features/core/feature-table.js';
import type { TableReport } from '../features/core/table-report.js';
import { TABLE_SET, tableSet, type ColumnSet } from '../features/core/table-set.js';
import { FeatureExtractionService } from '../features/feature-extraction.service.js';
import { FeatureTableService } from '../features/feature-table.service.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import { AppError } from '../shared/errors.js';
import type { InputName } from '../workers/open-input.js';
import { tableEvidence, windowEvidence, type HoldoutEvidence } from './holdout-evidence.js';
import type { IngestSelection } from './ingest-task.js';
import { extractionFor, otherInput, tableTaskFor } from './scoring-flow.service.js';
import { assertLabelsFit } from './training-input.service.js';

/** What a registered version is to be judged on. */
export interface JudgementInput {
  readonly selection: IngestSelection;
  readonly maxWindows: number;
  readonly labels: InputName | null;
  /** Of a feature table. */
  readonly labelColumn: string | null;
}

/** Rows of an export as the MODEL computes them, in time order. */
export interface ModelRows {
  readonly report: ValidationReport | TableReport;
  /** Lines behind the rows; 0 for a feature table. */
  readonly logCount: number;
  readonly set: ColumnSet;
  readonly featureNames: readonly string[];
  /** As extracted (NaN = missing), row-major. */
  readonly values: Float32Array;
  readonly rowCount: number;
  /** Row -> start, ms since the epoch; null without times. */
  readonly startMs: Float64Array | null;
  /** What is known about a part of the rows. */
  readonly evidence: (rows: Int32Array) => HoldoutEvidence;
}

/** Reads exports or feature tables for a registered model, with labels if there are any. */
@Injectable()
export class ModelInputService {
  constructor(
    private readonly features: FeatureExtractionService,
    private readonly tables: FeatureTableService,
    private readonly labels: LabelsService,
  ) {}

  /** @throws AppError saying why the files cannot be judged on */
  async read(model: LoadedModel, input: JudgementInput, options: ThreadTaskOptions): Promise<ModelRows> {
    try {
      const rows = await (model.spec.feature_set === TABLE_SET
        ? this.tableRows(model, input, options)
        : this.windowRows(model, input, options));
      if (rows.rowCount > 0) return rows;
    } catch (error) {
      throw otherInput(error, model);
    }
    throw new AppError('not_enough_data', 'There is not one window to judge the model on.', {
      hint: '"mcp-training validate" on the same files says what is in them.',
    });
  }

  private labelsOf({ labels, selection }: JudgementInput): ReturnType<LabelsService['read']> | null {
    return labels && this.labels.read(labels, selection.noFollow ?? false);
  }

  private async windowRows(
    model: LoadedModel,
    input: JudgementInput,
    options: ThreadTaskOptions,
  ): Promise<ModelRows> {
    if (input.labelColumn !== null) {
      throw new AppError('usage', `Model ${model.version} reads log exports, which have no label column.`, {
        hint: 'Give a labels file.',
      });
    }
    const file = this.labelsOf(input);
    const { report, table } = await this.features.extract(extractionFor(model, input), options);
    const set = featureSet(model.spec.feature_set);
    return {
      report,
      logCount: keptLogs(report.stats),
      set,
      featureNames: table.featureNames,
      values: table.values,
      rowCount: table.startMs.length,
      startMs: table.startMs,
      evidence: (rows) => windowEvidence(table, rows, report, set, file),
    };
  }

  private async tableRows(
    model: LoadedModel,
    input: JudgementInput,
    options: ThreadTaskOptions,
  ): Promise<ModelRows> {
    const given = { column: input.labelColumn, file: this.labelsOf(input) };
    const task = { ...tableTaskFor(model, input), labelColumn: input.labelColumn };
    const { report, table: asRead } = await this.tables.read(task, options);
    const table = inTimeOrder(asRead);
    assertLabelsFit(table.startMs, given);
    const seconds = model.spec.window.length_seconds;
    return {
      report,
      logCount: 0,
      set: tableSet(model.featureNames),
      featureNames: table.featureNames,
      values: table.values,
      rowCount: table.rowCount,
      startMs: table.startMs,
      evidence: (rows) => tableEvidence(table, rows, seconds, given),
    };
  }
}
