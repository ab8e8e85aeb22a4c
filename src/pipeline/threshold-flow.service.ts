import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import type { RealLabelReport } from '../evaluation/core/real-label-report.js';
import { EvaluationService } from '../evaluation/evaluation.service.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { Baseline } from '../registry/core/baseline.js';
import { VERSION_FILES } from '../registry/core/version-files.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import { ModelLoaderService } from '../registry/model-loader.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { Actor, ModelVersion } from '../registry/model-version.js';
import { rowsForJudging } from '../training/core/judged-rows.js';
import { shuffledSplit, type RowSplit } from '../training/core/shuffled-split.js';
import { temporalSplit } from '../training/core/split.js';
import { afterWarmup } from '../training/core/warmup.js';
import { chooseOffset } from '../training/core/threshold-policy.js';
import { evidenceWarnings } from './holdout-evidence.js';
import { judgementTask, rowsOf } from './judgement.js';
import { ModelInputService, type JudgementInput, type ModelRows } from './model-input.service.js';
import type { RunConfig } from './run-config.js';
import { thresholdVersion } from './threshold-version.js';
import { newThresholdChoice, type NewThreshold } from './new-threshold.js';

export interface ThresholdCommand extends JudgementInput {
  readonly version: string;
  readonly threshold: NewThreshold;
}

/** What `set-threshold --json` prints and the API returns. */
export interface ThresholdResult {
  readonly version: string;
  readonly parent_version: string;
  readonly model_name: string;
  readonly status: string;
  readonly policy: string;
  readonly value: number;
  readonly threshold: number;
  readonly parent_threshold: number;
  readonly label_source: string;
  readonly metrics: EvaluationReport['basic_metrics'];
  readonly ground_truth: Omit<RealLabelReport, 'advanced_metrics'> | null;
  readonly label_free: EvaluationReport['label_free'];
  readonly gate: ModelVersion['gate'];
  readonly artifacts: Readonly<Record<string, string>>;
  readonly model_sha256: string;
  readonly warnings: readonly string[];
}

/** The same without the version: what would be registered. */
export interface ThresholdTrial extends Omit<
  ThresholdResult,
  'version' | 'status' | 'artifacts' | 'model_sha256'
> {
  readonly status: 'would_register';
  /** Status that the version would have. */
  readonly model_status: 'available' | 'rejected';
}

/**
 * Another operating point for a model: the first part of an export says where the threshold lies, the last part is
 * judged with it, and the result is a version of its own with the same forest, as if it had been trained so.
 */
@Injectable()
export class ThresholdFlowService {
  constructor(
    private readonly loader: ModelLoaderService,
    private readonly registry: ModelRegistryService,
    private readonly input: ModelInputService,
    private readonly evaluation: EvaluationService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError saying why the export or the threshold is refused; nothing is registered then */
  async setThreshold(
    command: ThresholdCommand,
    config: RunConfig,
    actor: Actor,
    options: ThreadTaskOptions = {},
  ): Promise<ThresholdResult> {
    const started = this.clock.monotonicMs();
    const judged = await this.judge(command, config, options);
    const trained = thresholdVersion({
      ...judged,
      store: this.registry.store,
      threshold: command.threshold,
      selection: command.selection,
      config,
      trainingId: randomUUID(),
      durationSeconds: (this.clock.monotonicMs() - started) / 1000,
    });
    const { model, modelSha256 } = await this.registry.register(
      trained,
      config.values.storage.version_format,
      this.clock.nowMs(),
      { ...actor, reason: actor.reason ?? `another threshold for ${command.version}` },
    );
    return {
      version: model.version,
      status: model.status,
      ...findings(command, judged),
      gate: model.gate,
      artifacts: model.artifacts,
      model_sha256: modelSha256,
    };
  }

  /** Everything but registering it. */
  async tryOut(
    command: ThresholdCommand,
    config: RunConfig,
    options: ThreadTaskOptions = {},
  ): Promise<ThresholdTrial> {
    const judged = await this.judge(command, config, options);
    const { gate } = judged.evaluation;
    return {
      status: 'would_register',
      model_status: gate.passed ? 'available' : 'rejected',
      ...findings(command, judged),
      gate,
    };
  }

  private async judge(
    command: ThresholdCommand,
    config: RunConfig,
    options: ThreadTaskOptions,
  ): Promise<JudgedThreshold> {
    const { version, threshold } = command;
    const model = await this.loader.loadVersion(version);
    const choice = newThresholdChoice(threshold, model.spec.window.stride_seconds);
    const parent = await this.registry.get(version);
    const rows = await this.input.read(model, command, options);
    const split = splitOf(model, rows, config);
    const past = rowsOf(rows, split.train);
    const offset = chooseOffset(
      model.scoreValues(past, split.train.length, rows.deviceNumbers(model, split.train)),
      choice,
    );
    const evidence = rows.evidence(split.test);
    const task = judgementTask({
      model,
      offset,
      rows,
      judged: split.test,
      evidence,
      past: rowsForJudging(split.train.length).map((position) => split.train[position]),
      baseline: this.registry.store.readJson(version, VERSION_FILES.baseline) as Baseline,
      config,
    });
    const evaluation = await this.evaluation.evaluate(task, { signal: options.signal });
    options.signal?.throwIfAborted();
    const warnings = [...rows.report.warnings.map(({ message }) => message), ...evidenceWarnings(evidence)];
    return { model, parent, rows, split, offset, evaluation, warnings };
  }
}

interface JudgedThreshold {
  readonly model: LoadedModel;
  readonly parent: ModelVersion;
  readonly rows: ModelRows;
  readonly split: RowSplit;
  readonly offset: number;
  readonly evaluation: EvaluationReport;
  readonly warnings: readonly string[];
}

function findings({ version, threshold }: ThresholdCommand, judged: JudgedThreshold) {
  const { model, parent, offset, evaluation, warnings } = judged;
  return {
    parent_version: version,
    model_name: parent.modelName,
    policy: threshold.policy,
    value: threshold.value,
    threshold: -offset,
    parent_threshold: -model.offset,
    label_source: evaluation.label_source,
    metrics: evaluation.basic_metrics,
    ground_truth: evaluation.ground_truth,
    label_free: evaluation.label_free,
    warnings,
  };
}

/** As a training would split it, with the model's own windows. */
function splitOf({ spec }: LoadedModel, rows: ModelRows, { values }: RunConfig): RowSplit {
  const { training, features } = values;
  const { validation_size: validationSize, test_size: testSize, random_state: seed } = training;
  if (rows.startMs === null) return shuffledSplit(rows.rowCount, { validationSize, testSize, seed });
  const whole = temporalSplit(rows.startMs, {
    validationSize,
    testSize,
    gapWindows: 1,
    windowSeconds: spec.window.length_seconds,
    strideSeconds: spec.window.stride_seconds,
  });
  return rows.set.hasState ? afterWarmup(whole, rows.startMs, features.warmup_hours) : whole;
}
