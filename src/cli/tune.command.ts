import { runConfig } from '../pipeline/run-config.js';
import type { TrainingRequest } from '../pipeline/training-request.js';
import type { SettingValue } from '../evaluation/core/tuning/search-space.js';
import { TuningService, type TuneResult } from '../pipeline/tuning.service.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions, InputOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import { renderTable, type Output } from './output.js';
import { withSelection } from './selection.js';
import { labelsInput, tableInput } from './table-input.js';
import { withApplication } from './with-application.js';

interface TuneCommandOptions extends GlobalOptions, SelectionOptions, InputOptions {
  readonly labels?: string;
  readonly budget: string;
  readonly trials?: string;
  readonly search: 'grid' | 'random';
}

export async function run(
  files: readonly string[],
  options: TuneCommandOptions,
  output: Output,
): Promise<void> {
  const budgetSeconds = wholeNumber('--budget', options.budget, 0);
  const maxTrials = options.trials === undefined ? null : wholeNumber('--trials', options.trials, 1);
  const table = tableInput(options);
  const config = configuration(options, output);
  const interrupt = interruptSignal();
  const { signal } = interrupt;
  try {
    const result = await withSelection(files, options, { config, output, signal }, (chosen) => {
      const request: TrainingRequest = {
        ...chosen,
        modelName: 'wifi',
        configOverrides: null,
        deploy: false,
        outputDir: null,
        ...(table === undefined ? {} : { table }),
        ...(options.labels === undefined ? {} : { labels: labelsInput(options.labels) }),
      };
      return withApplication(config, options, ({ context }) =>
        context
          .get(TuningService)
          .tune({ request, search: options.search, budgetSeconds, maxTrials }, runConfig(config), {
            signal,
            onProgress: (percent, step) => {
              output.progress(percent, step);
            },
          }),
      );
    });
    for (const warning of result.warnings) output.warn(warning);
    output.result(result, () => describeTuning(result));
  } finally {
    interrupt.release();
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new AppError('usage', `${name} ${JSON.stringify(text)} is not a whole number of at least ${least}.`);
}

const number = (value: number | null): string => value?.toFixed(3) ?? '-';

/** `tail.trim` -> `trim`; the settings of a forest have shorter names than their keys. */
const HEADINGS: Readonly<Record<string, string>> = {
  n_estimators: 'trees',
  max_samples: 'samples',
  max_features: 'features',
};

const heading = (name: string): string => HEADINGS[name] ?? name.slice(name.lastIndexOf('.') + 1);

const settingText = (value: SettingValue): string =>
  value instanceof Array ? value.join(' + ') : String(value ?? 'auto');

function describeTuning(result: TuneResult): string {
  const names = Object.keys(result.recommended);
  const rows = result.trials.map((trial) => [
    ...names.map((name) => settingText(trial.settings[name])),
    number(trial.roc_auc),
    number(trial.average_precision),
    number(trial.episode_recall),
    number(trial.consensus),
    number(trial.seed_stability),
    trial.is_current
      ? 'in use'
      : `${number(trial.gain.estimate)}  [${number(trial.gain.low)}, ${number(trial.gain.high)}]`,
  ]);
  const head = [...names.map(heading), 'ROC AUC', 'AP', 'episodes', 'consensus', 'stability'];
  const again =
    result.finished_trials < result.planned_trials
      ? 'The same command goes on with the rest.'
      : 'Every planned trial is done.';
  return [
    renderTable([...head, 'gain  [95 %]'], rows),
    '',
    `${result.finished_trials} of ${result.planned_trials} trials on ${result.folds} folds with ${result.seeds} ${result.seeds === 1 ? 'seed' : 'seeds'} each, ranked by ${result.objective} (labels: ${result.label_source}). ${again}`,
    result.reason,
    result.is_change
      ? `Next: mcp-training train <export> --config-overrides '${JSON.stringify(result.config_overrides)}'`
      : 'Nothing to change.',
  ].join('\n');
}
