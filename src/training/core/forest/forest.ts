/**
 * A grown Isolation Forest (Liu, Ting, Zhou 2008) as flat typed arrays, node layout of scikit-learn's
 * `sklearn.tree._tree.Tree`: depth first, left child first, node 0 of each tree is its root.
 *
 * All arrays may live on SharedArrayBuffers. Child indices are relative to the tree's first node.
 */
export interface Forest {
  readonly treeCount: number;
  /** Columns of the input (F). */
  readonly featureCount: number;
  /** Columns per tree (k <= F); scikit-learn's `_max_features`. */
  readonly maxFeatures: number;
  /** Rows per tree (psi); scikit-learn's `_max_samples`. */
  readonly maxSamples: number;
  /** Length T + 1: tree t owns nodes [treeStart[t], treeStart[t + 1]). */
  readonly treeStart: Int32Array;
  /** T x k: original column of each subset column, row-major. When k = F every row is 0..F-1 in order. */
  readonly treeFeatures: Int32Array;
  /** Left / right child, relative to the tree's first node; -1 = leaf. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Split column as an index WITHIN the tree's subset; -2 = leaf. */
  readonly feature: Int32Array;
  /** `float32(x) <= threshold` goes left. Float32-representable when we grew it; -2 = leaf. */
  readonly threshold: Float64Array;
  /** Training rows that reached the node. */
  readonly nodeSamples: Int32Array;
}

/** scikit-learn's constructor parameters, same meaning (`sklearn.ensemble.IsolationForest`). */
export interface ForestParams {
  readonly nEstimators: number;
  /** 'auto' = min(256, n); an integer = rows; a float in (0, 1] = share of the rows. See `isFraction`. */
  readonly maxSamples: 'auto' | { readonly rows: number } | { readonly share: number };
  /** Columns per tree: an integer count or a share in (0, 1]. */
  readonly maxFeatures: { readonly columns: number } | { readonly share: number };
  /** 'auto' puts offset_ at -0.5; a float in (0, 0.5] puts it at that quantile of the training scores. */
  readonly contamination: 'auto' | number;
  readonly bootstrap: boolean;
  readonly randomState: number;
}
