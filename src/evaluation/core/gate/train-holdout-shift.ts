import { ksStatistic } from '../../../shared/stats.js';
import { fitAuxiliaryForest } from '../auxiliary-forest.js';
import { pickColumns, sampleRows } from '../matrix-rows.js';
import { shortNumber, type GateCheck, type GateContext, type Matrix } from './gate-check.js';

const MIN_LIMIT = 0.15;
/** Two-sample Kolmogorov-Smirnov, critical value at 1 %. */
const KS_FACTOR = 1.63;
/** Enough for a limit that the size no longer moves; more rows only cost time. */
const MAX_TRAIN_ROWS = 20_000;

/** Columns to compare with: all but the clock, which shifts the scores of every short span. */
function unclockedColumns({ features }: GateContext): Int32Array {
  const kept = features.flatMap((feature, column) => (feature.clock ? [] : [column]));
  return Int32Array.from(kept.length > 0 ? kept : features.keys());
}

/** KS distance between the scores of the training and the held-out rows, under a forest fitted on the former. */
export function trainHoldoutDistance(
  context: GateContext,
  trainedOn: Matrix,
): { ks: number; trainRows: number } {
  const { holdout, seed, engine } = context;
  const columns = unclockedColumns(context);
  const pick = (matrix: Matrix): Float32Array => pickColumns(matrix, columns);
  const train = sampleRows(trainedOn, MAX_TRAIN_ROWS, seed);
  const trainValues = pick(train);
  const forest = fitAuxiliaryForest(trainValues, train.rows, columns.length, seed, engine);
  const ks = ksStatistic(forest.score(trainValues, train.rows), forest.score(pick(holdout), holdout.rows));
  return { ks, trainRows: train.rows };
}

/** C: training rows and held-out rows must look alike, else the threshold fits a world that is gone. */
export const trainHoldoutShift: GateCheck = {
  id: 'C',
  name: 'training rows like held-out rows',
  run: (context) => {
    if (context.train === null) {
      const message =
        'Not applicable: the rows this version was trained on are not kept. Drift against its baseline shows a shift.';
      return { passed: true, skipped: true, value: null, limit: null, message };
    }
    const { ks, trainRows } = trainHoldoutDistance(context, context.train);
    const m = context.holdout.rows;
    const limit = Math.max(MIN_LIMIT, KS_FACTOR * Math.sqrt((trainRows + m) / (trainRows * m)));
    const passed = ks <= limit;
    const found = `Scores of training and held-out windows differ by ${shortNumber(ks)} (Kolmogorov-Smirnov, limit ${shortNumber(limit)})`;
    return {
      passed,
      skipped: false,
      value: ks,
      limit,
      message: passed
        ? `${found}: the training rows represent what came after them.`
        : `${found}: the model was fitted on rows unlike those that came after. The network changed, columns were ` +
          'mixed up, or the training rows are damaged; look at the drifted features, or train on a later or longer period.',
    };
  },
};
