import { evaluateModel } from '../evaluation/core/evaluate.js';
import type { EvaluationInput, EvaluationReport } from '../evaluation/core/evaluation-report.js';
import type { ScoreFunction } from '../evaluation/core/gate/gate-check.js';
import { imputeAndClip, scaleToFloat32 } from '../features/core/preprocess.js';
import type { Preprocessing } from '../features/core/preprocessing.js';
import type { Forest } from '../training/core/forest/forest.js';
import { scoreSamples } from '../training/core/forest/score.js';
import { runTask } from './run-task.js';

/** Judges a forest on the held-out rows. A function cannot cross to a thread: the serving path comes as its parts. */
export interface EvaluateTask {
  readonly input: Omit<EvaluationInput, 'score'>;
  readonly forest: Forest;
  readonly preprocessing: Preprocessing;
}

/** The whole serving path: impute, clip, scale, score. */
function servingScore({ forest, preprocessing }: EvaluateTask): ScoreFunction {
  const columns = forest.featureCount;
  return (values, rows) => {
    const raw = values.slice();
    imputeAndClip(values, rows, columns, preprocessing, raw);
    const scaled = new Float32Array(rows * columns);
    scaleToFloat32(raw, rows, columns, preprocessing, scaled);
    const scores = new Float64Array(rows);
    scoreSamples(forest, scaled, rows, scores);
    return scores;
  };
}

runTask<EvaluateTask, EvaluationReport>((task) => ({
  output: evaluateModel({ ...task.input, score: servingScore(task) }),
}));
