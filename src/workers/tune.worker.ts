import { fitFold, type FoldSettings } from '../evaluation/core/fold-model.js';
import { runTrial, type TrialInput, type TrialOutcome } from '../evaluation/core/tuning/run-trial.js';
import { forestEngine } from './forest-kernel.js';
import { runTask } from './run-task.js';

/** One trial of a search; the rows lie in memory that all trials share. */
export interface TuneTask {
  readonly input: TrialInput;
  readonly settings: FoldSettings;
}

runTask<TuneTask, TrialOutcome>(({ input, settings }) => {
  const engine = forestEngine();
  return {
    output: runTrial(input, (rows, fold, seed) =>
      fitFold({ ...settings, params: { ...settings.params, random_state: seed } }, engine, rows, fold),
    ),
  };
});
