import type { FeatureValues } from '../../features/core/preprocessing.js';
import { hashSeed } from '../../shared/rng.js';
import { resolveForestParams, type ResolvedForestParams } from '../../training/core/forest/forest-params.js';
import type { Forest } from '../../training/core/forest/forest.js';
import { PLAIN_FOREST_ENGINE, type ForestEngine } from '../../training/core/forest/forest-engine.js';
import type { GateInput, Matrix } from './gate/gate-check.js';

/** A forest that serves a comparison and is thrown away. */
export interface AuxiliaryForest {
  /** Higher = more anomalous (`-score_samples`); length `rows`. */
  readonly score: (values: FeatureValues, rows: number) => Float64Array;
}

/** Keeps the streams of comparison forests apart from the model's trees, which count from 0. */
const AUXILIARY_STREAM = 0x61757866;
const REGROW_STREAM = 0x72656772;

const asFloat32 = (values: FeatureValues): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values);

function wrap(forest: Forest, engine: ForestEngine): AuxiliaryForest {
  return {
    score: (values, rows) => {
      const scores = new Float64Array(rows);
      engine.scoreSamples(forest, asFloat32(values), rows, scores);
      for (let row = 0; row < rows; row++) scores[row] = -scores[row];
      return scores;
    },
  };
}

/**
 * Fits the paper's forest (100 trees, 256 rows each; Liu, Ting, Zhou 2008) on raw rows. Scaling is left out: an
 * axis-parallel split does not depend on it.
 *
 * @param values rows x columns, row-major, finite
 */
export function fitAuxiliaryForest(
  values: FeatureValues,
  rows: number,
  columns: number,
  seed: number,
  engine: ForestEngine = PLAIN_FOREST_ENGINE,
): AuxiliaryForest {
  const params = resolveForestParams(
    {
      nEstimators: 100,
      maxSamples: 'auto',
      maxFeatures: { share: 1 },
      contamination: 'auto',
      bootstrap: false,
      randomState: hashSeed(seed, AUXILIARY_STREAM),
    },
    rows,
    columns,
  );
  return wrap(engine.growTrees(asFloat32(values), rows, columns, params, 0, params.nEstimators), engine);
}

/**
 * Hold-out scores of `runs` forests that differ from the model's in the seed only: how much of the ranking is chance.
 *
 * @returns one array for each run, higher = more anomalous
 */
export function regrownScores(
  {
    train,
    holdout,
    engine = PLAIN_FOREST_ENGINE,
  }: Pick<GateInput, 'holdout' | 'engine'> & { readonly train: Matrix },
  params: ResolvedForestParams,
  runs: number,
): Float64Array[] {
  const x = asFloat32(train.values);
  return Array.from({ length: runs }, (_, run) => {
    const seed = hashSeed(hashSeed(params.seed, REGROW_STREAM), run);
    const forest = engine.growTrees(x, train.rows, train.columns, { ...params, seed }, 0, params.nEstimators);
    return wrap(forest, engine).score(holdout.values, holdout.rows);
  });
}
