import { mean } from '../../../shared/stats.js';
import { fitAuxiliaryForest } from '../auxiliary-forest.js';
import { INJECTED_KINDS, sliceOfKind } from '../injection.js';
import { rocAucOfGroups } from '../metrics.js';
import { shortNumber, type GateCheck } from './gate-check.js';

/** How much worse than the reference a model may be, in AUC. */
const MARGIN = 0.05;

/**
 * B: the model must find planted anomalies about as well as a plain forest that saw nothing but the hold-out itself.
 * The mean over the kinds is compared (with equal counts it is the AUC of all planted rows together); a single kind
 * may differ more, because the tail kind is hardly detectable in some tables. Both are judged on the same rows, planted into
 * columns that the model reads; the reference sees all columns.
 */
export const referenceForest: GateCheck = {
  id: 'B',
  name: 'not worse than a reference forest',
  run: ({ plantable, holdout, injected, injectedAuc, plantedColumns, features, seed, engine }) => {
    const reference = fitAuxiliaryForest(plantable, holdout.rows, holdout.columns, seed, engine);
    const clean = reference.score(plantable, holdout.rows);
    const planted = reference.score(injected.values, injected.rows);
    const referenceAuc = mean(
      INJECTED_KINDS.map((kind) => rocAucOfGroups(clean, sliceOfKind(planted, injected, kind)) ?? Number.NaN),
    );
    const ours = mean(INJECTED_KINDS.map((kind) => injectedAuc[kind] ?? Number.NaN));
    const limit = referenceAuc - MARGIN;
    if (Number.isNaN(ours)) {
      return {
        passed: false,
        skipped: false,
        value: null,
        limit,
        message: 'Planted anomalies get a score that is not a number: the model is damaged. Train again.',
      };
    }
    const passed = ours >= limit;
    const count = plantedColumns.reduce((sum, planted) => sum + planted, 0);
    const found =
      `Anomalies planted into ${count} of ${features.length} columns are found with a mean AUC of ${shortNumber(ours)}, ` +
      `by a plain forest on the same windows with ${shortNumber(referenceAuc)}`;
    return {
      passed,
      skipped: false,
      value: ours,
      limit,
      message: passed
        ? `${found}: the model is sound.`
        : `${found}: the model is worse than no training at all. Something between the feature table and the scores ` +
          'is wrong (column order, scaling, sign, damaged training rows); check these and train again.',
    };
  },
};
