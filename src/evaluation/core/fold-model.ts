import {
  fitPreprocessing,
  identityPreprocessing,
  imputeAndClip,
  scaleToFloat32,
} from '../../features/core/preprocess.js';
import type { Preprocessing, PreprocessingOptions } from '../../features/core/preprocessing.js';
import type { ColumnSet } from '../../features/core/table-set.js';
import { hashSeed } from '../../shared/rng.js';
import type { ForestEngine } from '../../training/core/forest/forest-engine.js';
import {
  parseForestParams,
  resolveForestParams,
  type PlainForestParams,
} from '../../training/core/forest/forest-params.js';
import { chooseOffset, type ThresholdChoice } from '../../training/core/threshold-policy.js';
import type { Matrix, ScoreFunction } from './gate/gate-check.js';

/** A model of one fold with its whole serving path. */
export interface FoldModel {
  readonly preprocessing: Preprocessing;
  readonly score: ScoreFunction;
  /** scikit-learn's offset_. */
  readonly offset: number;
}

/** The settings of the model that is cross-validated; plain data. */
export interface FoldSettings {
  readonly set: Pick<ColumnSet, 'features' | 'preprocessing'>;
  readonly options: PreprocessingOptions;
  readonly params: PlainForestParams;
  readonly threshold: ThresholdChoice;
}

/** Keeps the seeds of the folds apart from the final model's. */
const FOLD_STREAM = 0x666f6c64;

/** Fits preprocessing, forest and threshold on the rows of one fold, as a training does on its own. */
export function fitFoldForest(
  { set, options, params, threshold }: FoldSettings,
  engine: ForestEngine,
  { values, rows, columns }: Matrix,
  fold: number,
): FoldModel {
  const preprocessing =
    set.preprocessing === 'identity'
      ? identityPreprocessing(rows, columns)
      : fitPreprocessing(values, rows, columns, options, set.features);
  const prepared = (from: Matrix['values'], count: number): Float32Array => {
    const x = new Float32Array(count * columns);
    imputeAndClip(from, count, columns, preprocessing, x);
    scaleToFloat32(x, count, columns, preprocessing, x);
    return x;
  };
  const seed = hashSeed(hashSeed(params.random_state, FOLD_STREAM), fold);
  const resolved = { ...resolveForestParams(parseForestParams(params), rows, columns), seed };
  const x = prepared(values, rows);
  const forest = engine.growTrees(x, rows, columns, resolved, 0, resolved.nEstimators);
  const scores = new Float64Array(rows);
  engine.scoreSamples(forest, x, rows, scores);
  return {
    preprocessing,
    offset: chooseOffset(scores, threshold),
    score: (from, count) => {
      const out = new Float64Array(count);
      engine.scoreSamples(forest, prepared(from, count), count, out);
      return out;
    },
  };
}
