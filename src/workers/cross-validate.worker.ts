import {
  crossValidate,
  type CrossValidationInput,
  type CrossValidationReport,
} from '../evaluation/core/cross-validation.js';
import { fitFoldForest, type FoldSettings } from '../evaluation/core/fold-model.js';
import { forestEngine } from './forest-kernel.js';
import { runTask } from './run-task.js';

/** Rolling-origin cross-validation; the rows of the folds come with it. */
export interface CrossValidateTask {
  readonly input: CrossValidationInput;
  readonly settings: FoldSettings;
}

runTask<CrossValidateTask, CrossValidationReport | null>(({ input, settings }) => {
  const engine = forestEngine();
  return {
    output: crossValidate(input, (train, fold) => fitFoldForest(settings, engine, train, fold)),
  };
});
