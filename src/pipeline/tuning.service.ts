import { Inject, Injectable } from '@nestjs/common';
import type { FoldRows } from '../evaluation/core/cross-validation.js';
import { rankTrials, type TrialRanking } from '../evaluation/core/tuning/rank-trials.js';
import type { TrialInput } from '../evaluation/core/tuning/run-trial.js';
import { trialOrder, type TrialSettings } from '../evaluation/core/tuning/search-space.js';
import { EvaluationService } from '../evaluation/evaluation.service.js';
import { APP_VERSION } from '../platform/app-version.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import { threadCount } from '../platform/compute/thread-count.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { mergeTrees, toPlain, type PlainTree } from '../platform/config/plain-tree.js';
import { canonicalJson, sha256Hex } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';
import type { CrossValidateTask } from '../workers/cross-validate.worker.js';
import { crossValidationTask } from './cross-validation-task.js';
import { hasDetector } from './detector-settings.js';
import type { RunConfig, RunSections } from './run-config.js';
import { TrainingInputService, type TrainingInput } from './training-input.service.js';
import type { TrainingRequest } from './training-request.js';
import { TuningState } from './tuning-state.js';

export interface TuneCommand {
  readonly request: TrainingRequest;
  readonly search: 'grid' | 'random';
  /** No trial begins later; the settings in use are always tried. */
  readonly budgetSeconds: number;
  /** At most so many trials; null = all of the grid. */
  readonly maxTrials: number | null;
}

export interface TuneOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (percent: number, step: string) => void;
}

/** What `tune --json` prints. */
export interface TuneResult extends TrialRanking {
  readonly finished_trials: number;
  /** Of them, those an earlier call had made. */
  readonly resumed_trials: number;
  readonly planned_trials: number;
  readonly folds: number;
  readonly seeds: number;
  readonly state_file: string;
  /** For `train --config-overrides`; empty when the settings in use stay. */
  readonly config_overrides: { readonly model?: Partial<TrialSettings> };
  readonly warnings: readonly string[];
}

const SEEDS = 3;

/** Searches for settings that rank better than those in use, on folds of the span before the test part. */
@Injectable()
export class TuningService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly input: TrainingInputService,
    private readonly evaluation: EvaluationService,
  ) {}

  /** @throws AppError `config_invalid` for another detector, `not_enough_data` when the span gives no fold */
  async tune(command: TuneCommand, config: RunConfig, options: TuneOptions): Promise<TuneResult> {
    assertForest(config);
    const deadline = this.clock.monotonicMs() + command.budgetSeconds * 1000;
    const rows = await this.input.read(command.request, config, {
      signal: options.signal,
      onProgress: (fraction, message) => {
        options.onProgress?.(fraction * 20, message);
      },
    });
    const task = foldsOf(rows, config);
    const current = currentSettings(config);
    const { random_state: seed } = config.values.model;
    const order = trialOrder(current, command.search, seed).slice(0, command.maxTrials ?? undefined);
    const state = new TuningState(this.config.paths.dataDir, stateKey(command.request, rows, config));
    const resumed = order.filter((settings) => state.get(settings) !== null).length;
    await this.runTrials(order, { task, state, deadline, config, options });
    // In the order of the plan, whatever order they ended in: the same trials give the same answer.
    const finished = order.map((settings) => state.get(settings)).filter((trial) => trial !== null);
    const ranking = rankTrials(finished, rows.labels?.source ?? null, seed);
    return {
      ...ranking,
      finished_trials: finished.length,
      resumed_trials: resumed,
      planned_trials: order.length,
      folds: task.input.folds.length,
      seeds: SEEDS,
      state_file: state.path,
      config_overrides: ranking.is_change ? { model: changes(current, ranking.recommended) } : {},
      warnings: rows.warnings,
    };
  }

  private async runTrials(order: readonly TrialSettings[], run: Search): Promise<void> {
    const { task, state, deadline, config, options } = run;
    const waiting = order.filter((settings) => state.get(settings) === null);
    const input: TrialInput = {
      folds: task.input.folds,
      seeds: SEEDS,
      seed: config.values.model.random_state,
      alertsPerDayPerDevice: task.input.alertsPerDayPerDevice,
    };
    const failed = new AbortController();
    const signal = AbortSignal.any([options.signal, failed.signal]);
    const next = async (): Promise<void> => {
      for (;;) {
        const hasTime = this.clock.monotonicMs() < deadline || state.get(order[0]) === null;
        const settings = hasTime ? waiting.shift() : undefined;
        if (settings === undefined) return;
        const params = { ...task.settings.params, ...settings };
        const outcome = await this.evaluation.tryOut(
          { input, settings: { ...task.settings, params } },
          { signal },
        );
        state.add({ settings, outcome });
        const done = order.length - waiting.length;
        options.onProgress?.(20 + (80 * done) / order.length, `Trial ${done} of ${order.length}`);
      }
    };
    // The settings in use come first and alone: nothing can be recommended without them.
    if (state.get(order[0]) === null) await firstOnly(waiting, next);
    const threads = threadCount(config.values.training.n_jobs, waiting.length);
    try {
      await Promise.all(Array.from({ length: threads }, next));
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }
}

interface Search {
  readonly task: CrossValidateTask;
  readonly state: TuningState;
  readonly deadline: number;
  readonly config: RunConfig;
  readonly options: TuneOptions;
}

/** Runs `next` on the first waiting trial, then puts the others back. */
async function firstOnly(waiting: TrialSettings[], next: () => Promise<void>): Promise<void> {
  const others = waiting.splice(1);
  await next();
  waiting.push(...others);
}

/** The folds fit forests: what they say of another detector's settings would be about something else. */
function assertForest({ values: { model } }: RunConfig): void {
  if (!hasDetector(model)) return;
  throw new AppError(
    'config_invalid',
    `tune tries settings of a plain Isolation Forest, but model.type is "${model.type}" with model.calibration "${model.calibration}".`,
    {
      hint: 'Leave out the preset, or set model.type to isolation_forest and model.calibration to auto or none.',
    },
  );
}

/** The folds of a cross-validation, their rows in memory that all trials read in place. */
function foldsOf(rows: TrainingInput, { values, hash }: RunConfig): CrossValidateTask {
  const forced = mergeTrees(toPlain(values) as PlainTree, { evaluation: { cross_validation: true } });
  const task = crossValidationTask(rows, { values: forced as unknown as RunSections, hash });
  if (task === null) {
    throw new AppError('not_enough_data', 'The span gives no fold to try settings on.', {
      hint: 'Give a longer span; the rows of a feature table need a column "start".',
    });
  }
  const shared = (fold: FoldRows): FoldRows => ({
    ...fold,
    train: { ...fold.train, values: sharedValues(fold.train.values) },
    test: { ...fold.test, values: sharedValues(fold.test.values) },
  });
  return { ...task, input: { ...task.input, folds: task.input.folds.map(shared) } };
}

function sharedValues(values: FoldRows['train']['values']): Float32Array {
  const out = new Float32Array(new SharedArrayBuffer(values.length * Float32Array.BYTES_PER_ELEMENT));
  out.set(values);
  return out;
}

function currentSettings({ values: { model } }: RunConfig): TrialSettings {
  const { n_estimators, max_samples, max_features, bootstrap } = model;
  return { n_estimators, max_samples, max_features, bootstrap };
}

function changes(current: TrialSettings, wanted: TrialSettings): Partial<TrialSettings> {
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => current[name as keyof TrialSettings] !== value),
  );
}

/** Everything a trial depends on beside its settings: another release or input begins anew. */
function stateKey(request: TrainingRequest, rows: TrainingInput, { values }: RunConfig): string {
  const { features, training, model, evaluation } = values;
  return sha256Hex(
    canonicalJson({
      release: APP_VERSION,
      files: rows.report.files.map(({ sha256 }) => sha256),
      labels: rows.labelsFile?.sha256 ?? null,
      selection: [request.startMs, request.endMs, request.programs, request.table ?? null],
      features,
      evaluation,
      folds: training.cross_validation_folds,
      parts: [training.validation_size, training.test_size, training.random_state],
      seed: model.random_state,
      budget: model.threshold.alerts_per_day,
      seeds: SEEDS,
    }),
  );
}
