import { evaluateModel } from '../evaluation/core/evaluate.js';
import type { EvaluationInput, EvaluationReport } from '../evaluation/core/evaluation-report.js';
import type { ScoreFunction } from '../evaluation/core/gate/gate-check.js';
import { cleanAndScale, imputeAndClip, scaleToFloat32 } from '../features/core/preprocess.js';
import type { Preprocessing } from '../features/core/preprocessing.js';
import { scoreWithDetector, type FittedDetector } from '../training/core/detectors/fitted-detector.js';
import type { ForestEngine } from '../training/core/forest/forest-engine.js';
import type { Forest } from '../training/core/forest/forest.js';
import { forestEngine } from './forest-kernel.js';
import { runTask } from './run-task.js';

/** Judges a model on the held-out rows. A function cannot cross to a thread: the serving path comes as its parts. */
export interface EvaluateTask {
  readonly input: Omit<EvaluationInput, 'score' | 'engine'>;
  readonly forest: Forest;
  /** null: the forest is the model. */
  readonly detector: FittedDetector | null;
  readonly preprocessing: Preprocessing;
}

/** Rows that go through the serving path at once, so that two copies of them are small. */
const BLOCK_ROWS = 4096;

/** The whole serving path: impute, clip, scale, score. */
function servingScore(
  { forest, detector, preprocessing }: EvaluateTask,
  engine: ForestEngine,
): ScoreFunction {
  const columns = forest.featureCount;
  const scaled = new Float32Array(BLOCK_ROWS * columns);
  return (values, rows, devices) => {
    const scores = new Float64Array(rows);
    for (let from = 0; from < rows; from += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, rows - from);
      if (detector === null && values instanceof Float32Array) {
        cleanAndScale(values, { from, rows: count, columns }, preprocessing, scaled);
        engine.scoreSamples(forest, scaled, count, scores.subarray(from, from + count));
        continue;
      }
      const raw = values.slice(from * columns, (from + count) * columns);
      imputeAndClip(raw, count, columns, preprocessing, raw);
      scaleToFloat32(raw, count, columns, preprocessing, scaled);
      if (detector === null) {
        engine.scoreSamples(forest, scaled, count, scores.subarray(from, from + count));
      } else {
        const part = devices && devices.subarray(from, from + count);
        const block = { x: scaled, raw: Float32Array.from(raw) };
        scores.set(scoreWithDetector(detector, block, count, part, { forest, engine }), from);
      }
    }
    return scores;
  };
}

runTask<EvaluateTask, EvaluationReport>((task) => {
  const engine = forestEngine();
  return { output: evaluateModel({ ...task.input, score: servingScore(task, engine), engine }) };
});
