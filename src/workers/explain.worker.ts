import { explainModel, type AnyModel } from '../evaluation/core/explanation/explain-detector.js';
import type { RowExplanation } from '../evaluation/core/explanation/explain-flagged.js';
import type { FeatureValues } from '../features/core/preprocessing.js';
import { forestEngine } from './forest-kernel.js';
import { runTask } from './run-task.js';

/** Explains all rows of a matrix of extracted values (rows x columns, row-major, NaN = missing). */
export interface ExplainTask {
  readonly model: AnyModel;
  readonly values: FeatureValues;
  readonly rows: number;
  /** Row -> device of the model, -1 = unknown; null: none is known. */
  readonly devices: Int32Array | null;
  /** Features a row, at most. */
  readonly top: number;
}

runTask<ExplainTask, RowExplanation[]>(({ model, values, rows, devices, top }, report) => {
  const engine = forestEngine();
  const output: RowExplanation[] = [];
  for (let row = 0; row < rows; row++) {
    output.push(...explainModel(model, { values, rows: [row], devices }, top, engine));
    report((row + 1) / rows, 'Explaining the flagged windows');
  }
  return { output };
});
