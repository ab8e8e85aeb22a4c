import { Inject, Injectable } from '@nestjs/common';
import type { FoldRows } from '../evaluation/core/fold-rows.js';
import { rankTrials, type TrialRanking } from '../evaluation/core/tuning/rank-trials.js';
import type { TrialInput } from '../evaluation/core/tuning/run-trial.js';
import {
  settingNames,
  settingsKey,
  trialOrder,
  type SettingValue,
  type TrialSettings,
} from '../evaluation/core/tuning/search-space.js';
import { EvaluationService } from '../evaluation/evaluation.service.js';
import { APP_VERSION } from '../platform/app-version.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import { threadCount } from '../platform/compute/thread-count.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { mergeTrees, setPath, toPlain, type PlainTree } from '../platform/config/plain-tree.js';
import { canonicalJson, sha256Hex } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';
import type { CrossValidateTask } from '../workers/cross-validate.worker.js';
import { crossValidationTask, foldSettings } from './cross-validation-task.js';
import { calibrates, configuredDetectors } from './detector-settings.js';
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
  readonly config_overrides: { readonly model?: PlainTree };
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

  /** @throws AppError `not_enough_data` when the span gives no fold */
  async tune(command: TuneCommand, config: RunConfig, options: TuneOptions): Promise<TuneResult> {
    const deadline = this.clock.monotonicMs() + command.budgetSeconds * 1000;
    const rows = await this.input.read(command.request, config, {
      signal: options.signal,
      onProgress: (fraction, message) => {
        options.onProgress?.(fraction * 20, message);
      },
    });
    const task = foldsOf(rows, config);
    const current = currentSettings(config);
    const { type, random_state: seed } = config.values.model;
    const order = trialOrder(type, current, command.search, seed).slice(0, command.maxTrials ?? undefined);
    const state = new TuningState(this.config.paths.dataDir, stateKey(command.request, rows, config));
    const resumed = order.filter((settings) => state.get(settings) !== null).length;
    await this.runTrials(order, { rows, task, state, deadline, config, options });
    // In the order of the plan, whatever order they ended in: the same trials give the same answer.
    const finished = order.map((settings) => state.get(settings)).filter((trial) => trial !== null);
    const ranking = rankTrials(finished, rows.labels?.source ?? null, seed);
    return {
      ...ranking,
      finished_trials: finished.length,
      resumed_trials: resumed,
      planned_trials: order.length,
      folds: task.input.folds.length,
      seeds: seedsOf(config),
      state_file: state.path,
      config_overrides: ranking.is_change ? { model: changes(current, ranking.recommended) } : {},
      warnings: rows.warnings,
    };
  }

  private async runTrials(order: readonly TrialSettings[], run: Search): Promise<void> {
    const { rows, task, state, deadline, config, options } = run;
    const waiting = order.filter((settings) => state.get(settings) === null);
    const input: TrialInput = {
      folds: task.input.folds,
      seeds: seedsOf(config),
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
        const outcome = await this.evaluation.tryOut(
          { input, settings: foldSettings(rows, withModel(config, settings)) },
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
  readonly rows: TrainingInput;
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

/** The folds of a cross-validation, their rows in memory that all trials read in place. */
function foldsOf(rows: TrainingInput, { values, hash }: RunConfig): CrossValidateTask {
  const forced = mergeTrees(toPlain(values) as PlainTree, { evaluation: { cross_validation: true } });
  const task = crossValidationTask(rows, { values: forced as unknown as RunSections, hash }, { every: true });
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

/** Models that differ in their seed: tails draw nothing, so that one is enough. */
function seedsOf({ values: { model } }: RunConfig): number {
  return configuredDetectors(model).every((type) => type === 'tail_probability') ? 1 : SEEDS;
}

function currentSettings({ values: { model } }: RunConfig): TrialSettings {
  const inUse = (name: string): SettingValue => {
    if (name === 'calibration') return calibrates(model) ? 'device' : 'none';
    const at = name.split('.').reduce<unknown>((tree, key) => (tree as PlainTree)[key], model);
    return at as SettingValue;
  };
  return Object.fromEntries(settingNames(model.type).map((name) => [name, inUse(name)]));
}

/** `{'tail.trim': 0}` -> `{tail: {trim: 0}}`. */
function asTree(settings: TrialSettings): PlainTree {
  const tree: PlainTree = {};
  for (const [name, value] of Object.entries(settings))
    setPath(tree, name.split('.'), value instanceof Array ? [...value] : value);
  return tree;
}

function withModel({ values }: RunConfig, settings: TrialSettings): Pick<RunConfig, 'values'> {
  const merged = mergeTrees(toPlain(values) as PlainTree, { model: asTree(settings) });
  return { values: merged as unknown as RunSections };
}

function changes(current: TrialSettings, wanted: TrialSettings): PlainTree {
  return asTree(
    Object.fromEntries(
      Object.entries(wanted).filter(
        ([name, value]) => settingsKey({ [name]: current[name] }) !== settingsKey({ [name]: value }),
      ),
    ),
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
      model: toPlain(model),
      seed: model.random_state,
      budget: model.threshold.alerts_per_day,
    }),
  );
}
