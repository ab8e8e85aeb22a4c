// AUC and average precision of our forest on labelled rows, as the product grows and scores it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastJson, measureOrThrow, round } from './processes.mjs';
import { peer, python, pythonEnv } from './python.mjs';
import { median } from './report.mjs';

const load = (path) => import(new URL(`../../../dist/src/${path}`, import.meta.url).href);

/** The paper's forest: 100 trees of 256 rows (all, where there are fewer), all columns, no scaling. */
const PARAMS = {
  n_estimators: 100,
  max_samples: 'auto',
  max_features: 1,
  contamination: 'auto',
  bootstrap: false,
};

/**
 * Fits on the rows that are scored, once a seed: 0 to seeds - 1.
 *
 * @returns means over the seeds, auc_std the sample's standard deviation (divided by seeds - 1; 0 for one), medians of the seconds of one fit and one scoring
 *   of all rows in one thread
 */
export async function forestQuality({ x, labels, n, d }, seeds) {
  const { parseForestParams, resolveForestParams } = await load('training/core/forest/forest-params.js');
  const { averagePrecision, rocAuc } = await load('evaluation/core/metrics.js');
  const { mean, populationVariance } = await load('shared/stats.js');
  // Compiled, or plain where no kernel can be loaded, as the threads of the product choose.
  const { forestEngine } = await load('workers/forest-kernel.js');
  const engine = forestEngine();
  const runs = Array.from({ length: seeds }, (_, seed) => {
    const params = resolveForestParams(parseForestParams({ ...PARAMS, random_state: seed }), n, d);
    const begun = performance.now();
    const forest = engine.growTrees(x, n, d, params, 0, params.nEstimators);
    const grown = performance.now();
    const scores = new Float64Array(n);
    engine.scoreSamples(forest, x, n, scores);
    const ended = performance.now();
    // score_samples has scikit-learn's sign; the metrics take higher = more anomalous.
    for (let row = 0; row < n; row++) scores[row] = -scores[row];
    return {
      auc: rocAuc(labels, scores),
      ap: averagePrecision(labels, scores),
      fit_s: (grown - begun) / 1000,
      score_s: (ended - grown) / 1000,
    };
  });
  const of = (key) => Float64Array.from(runs, (run) => run[key]);
  return {
    auc_mean: round(mean(of('auc')), 6),
    auc_std: round(Math.sqrt((populationVariance(of('auc')) * seeds) / Math.max(seeds - 1, 1)), 6),
    ap_mean: round(mean(of('ap')), 6),
    fit_seconds: round(median([...of('fit_s')]), 6),
    score_seconds: round(median([...of('score_s')]), 6),
  };
}

/** The same with scikit-learn, in a process of its own; null (said loudly) when this Python cannot. */
export async function sklearnQuality(directory, { x, labels, n, d }, seeds) {
  const script = peer('forest_quality');
  if (script === null) return null;
  const [matrix, labelFile] = [join(directory, 'x.f32'), join(directory, 'labels.u8')];
  writeFileSync(matrix, x);
  writeFileSync(labelFile, labels);
  const args = [script, matrix, labelFile, String(n), String(d), String(seeds)];
  return lastJson((await measureOrThrow(python, args, { env: pythonEnv() })).stdout);
}
