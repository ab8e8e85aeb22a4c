import {
  crossValidate,
  type CrossValidationInput,
  type CrossValidationReport,
} from '../evaluation/core/cross-validation.js';
import { fitFold, type FoldSettings } from '../evaluation/core/fold-model.js';
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
    output: crossValidate(input, (rows, fold) => fitFold(settings, engine, rows, fold)),
  };
});
