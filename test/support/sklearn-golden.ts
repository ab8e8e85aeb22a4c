import { readFileSync } from 'node:fs';
import type { Forest, ForestParams } from '../../src/training/core/forest/forest.js';

export const GOLDEN_CASES = ['small', 'subsampled-features', 'auto', 'duplicates'] as const;
export type GoldenCase = (typeof GOLDEN_CASES)[number];

interface GoldenTree {
  readonly features: number[];
  readonly left: number[];
  readonly right: number[];
  readonly feature: number[];
  readonly threshold: number[];
  readonly n: number[];
  readonly maxDepth: number;
}

/** One case dumped from scikit-learn 1.2.1; see test/golden/sklearn/README.md. */
export interface Golden {
  readonly params: {
    readonly n_estimators: number;
    readonly contamination?: number;
    readonly max_features?: number;
  };
  readonly psi: number;
  readonly maxFeatures: number;
  readonly offset: number;
  readonly trees: readonly GoldenTree[];
  readonly scaler: { readonly mean: number[]; readonly var: number[]; readonly scale: number[] };
  readonly Z: readonly number[][];
  readonly X: readonly number[][];
  readonly train_X: readonly number[][];
  readonly score_samples: number[];
  readonly decision_function: number[];
  readonly predict: number[];
  readonly train_score_samples: number[];
  readonly train_predict: number[];
}

const directory = new URL('../golden/sklearn/', import.meta.url);

export function readGolden(name: GoldenCase): Golden {
  return JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8')) as Golden;
}

export function readGoldenBytes(name: GoldenCase, layout: 'v12' | 'v13'): Uint8Array {
  return readFileSync(new URL(`${name}.${layout}.joblib`, directory));
}

export function goldenForest({ trees, psi, maxFeatures, scaler }: Golden): Forest {
  const treeStart = new Int32Array(trees.length + 1);
  trees.forEach((tree, t) => (treeStart[t + 1] = treeStart[t] + tree.left.length));
  const joined = (of: (tree: GoldenTree) => number[]): number[] => trees.flatMap(of);
  return {
    treeCount: trees.length,
    featureCount: scaler.mean.length,
    maxFeatures,
    maxSamples: psi,
    treeStart,
    treeFeatures: Int32Array.from(joined((tree) => tree.features)),
    left: Int32Array.from(joined((tree) => tree.left)),
    right: Int32Array.from(joined((tree) => tree.right)),
    feature: Int32Array.from(joined((tree) => tree.feature)),
    threshold: Float64Array.from(joined((tree) => tree.threshold)),
    nodeSamples: Int32Array.from(joined((tree) => tree.n)),
  };
}

/** The parameters as the golden `.joblib` files have them: psi as a number of rows, random_state 42. */
export function goldenParams({ params, psi }: Golden): ForestParams {
  return {
    nEstimators: params.n_estimators,
    maxSamples: { rows: psi },
    maxFeatures: { share: params.max_features ?? 1 },
    contamination: params.contamination ?? 'auto',
    bootstrap: false,
    randomState: 42,
  };
}

/** (x - mean) / scale in float64, then float32, as StandardScaler and the tree do. */
export function scaledRows(rows: readonly number[][], { mean, scale }: Golden['scaler']): Float32Array {
  return Float32Array.from(rows.flatMap((row) => row.map((value, c) => (value - mean[c]) / scale[c])));
}
