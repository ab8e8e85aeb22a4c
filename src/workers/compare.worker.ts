import {
  compareScores,
  type ComparisonInput,
  type ScoreComparison,
} from '../evaluation/core/comparison/compare-scores.js';
import { runTask } from './run-task.js';

/** Compares the scores of two versions: some hundred draws of all rows, which would hold up a server. */
runTask<ComparisonInput, ScoreComparison>((input) => ({ output: compareScores(input) }));
