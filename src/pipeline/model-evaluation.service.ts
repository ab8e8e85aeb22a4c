import { Injectable } from '@nestjs/common';
import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import { EvaluationService } from '../evaluation/evaluation.service.js';
import { formatTimestamp } from '../export/core/timestamp.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { Baseline } from '../registry/core/baseline.js';
import { VERSION_FILES } from '../registry/core/version-files.js';
import { ModelLoaderService } from '../registry/model-loader.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { evidenceWarnings } from './holdout-evidence.js';
import { allRows, judgementTask } from './judgement.js';
import { ModelInputService, type JudgementInput, type ModelRows } from './model-input.service.js';
import type { RunConfig } from './run-config.js';

export interface EvaluateCommand extends JudgementInput {
  readonly version: string;
}

/** What `evaluate --json` prints and the API returns: the report of a training, measured on other windows. */
export type ModelEvaluation = EvaluationReport & {
  readonly version: string;
  readonly model_name: string;
  readonly feature_set: string;
  readonly threshold: number;
  readonly log_count: number;
  readonly window_count: number;
  /** First window's start and last window's start; null without times. */
  readonly start: string | null;
  readonly end: string | null;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly warnings: readonly string[];
};

/** Judges a registered version on an export. Nothing is fitted, and nothing is written into the version. */
@Injectable()
export class ModelEvaluationService {
  constructor(
    private readonly loader: ModelLoaderService,
    private readonly registry: ModelRegistryService,
    private readonly input: ModelInputService,
    private readonly evaluation: EvaluationService,
  ) {}

  async evaluate(
    command: EvaluateCommand,
    config: RunConfig,
    options: ThreadTaskOptions,
  ): Promise<ModelEvaluation> {
    const { version } = command;
    const model = await this.loader.loadVersion(version);
    const { modelName } = await this.registry.get(version);
    const rows = await this.input.read(model, command, options);
    const judged = allRows(rows.rowCount);
    const evidence = rows.evidence(judged);
    const baseline = this.registry.store.readJson(version, VERSION_FILES.baseline) as Baseline;
    const task = judgementTask({
      model,
      offset: model.offset,
      rows,
      judged,
      evidence,
      past: null,
      baseline,
      config,
    });
    const report = await this.evaluation.evaluate(task, { signal: options.signal });
    return {
      version,
      model_name: modelName,
      feature_set: model.spec.feature_set,
      threshold: -model.offset,
      log_count: rows.logCount,
      window_count: rows.rowCount,
      ...spanOf(rows),
      files: rows.report.files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
      ...report,
      warnings: [...rows.report.warnings.map(({ message }) => message), ...evidenceWarnings(evidence)],
    };
  }
}

function spanOf({ startMs }: ModelRows): Pick<ModelEvaluation, 'start' | 'end'> {
  if (startMs === null) return { start: null, end: null };
  return { start: formatTimestamp(startMs[0]), end: formatTimestamp(startMs[startMs.length - 1]) };
}
