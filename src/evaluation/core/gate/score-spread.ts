import { populationVariance } from '../../../shared/stats.js';
import { allFinite, countDistinctSorted } from '../metrics.js';
import { countDistinctRows, trainingConstants } from '../matrix-rows.js';
import { shortNumber, type GateCheck, type GateContext, type Matrix } from './gate-check.js';

const MIN_SD = 1e-9;
const MIN_DISTINCT_SHARE = 0.02;
/** Count features repeat, so a large quiet hold-out has few distinct rows; this many scores are enough anyway. */
const MIN_DISTINCT = 30;

/**
 * Columns of counts repeat so much that a quiet hold-out may hold a handful of different rows; equal rows must get
 * equal scores. A model that separates half of the rows that differ does what can be done.
 */
function tellable(holdout: Matrix): number {
  return countDistinctRows(holdout) / 2;
}

/** Hour and weekday alone give many distinct scores: a model of them tells times apart, not windows. */
function onlyClockMoves(context: GateContext): boolean {
  const constants = trainingConstants(context);
  return context.features.every(({ clock }, column) => clock || !Number.isNaN(constants[column]));
}

/** A: a model that gives (nearly) every window the same score ranks nothing. */
export const scoreSpread: GateCheck = {
  id: 'A',
  name: 'score spread',
  run: (context) => {
    const { holdoutScores, holdout } = context;
    const rows = holdoutScores.length;
    if (!allFinite(holdoutScores)) {
      return {
        passed: false,
        skipped: false,
        value: null,
        limit: MIN_DISTINCT_SHARE,
        message:
          'Some held-out windows get a score that is not a number: the scaler or the forest is damaged. Train again.',
      };
    }
    if (onlyClockMoves(context)) {
      return {
        passed: false,
        skipped: false,
        value: null,
        limit: MIN_DISTINCT_SHARE,
        message:
          'Every feature but the clock is constant in the training windows: the model knows the hour and nothing else. ' +
          'Check that the export holds the lines the feature set reads, and train again.',
      };
    }
    const sd = Math.sqrt(Math.max(0, populationVariance(holdoutScores)));
    const distinct = countDistinctSorted(Float64Array.from(holdoutScores).sort());
    const share = distinct / rows;
    const enough = share >= MIN_DISTINCT_SHARE || distinct >= MIN_DISTINCT || distinct >= tellable(holdout);
    const passed = sd > MIN_SD && enough;
    const found = `${rows} held-out windows have ${distinct} distinct scores (standard deviation ${shortNumber(sd)})`;
    return {
      passed,
      skipped: false,
      value: share,
      limit: MIN_DISTINCT_SHARE,
      message: passed
        ? `${found}: the model tells windows apart.`
        : `${found}: the model cannot tell windows apart. Its features are constant or its scaler does not fit them; ` +
          'check the feature table and train again.',
    };
  },
};
