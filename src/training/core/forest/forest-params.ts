import { AppError, type FieldProblem } from '../../../shared/errors.js';
import type { ForestParams } from './forest.js';

/** `max_samples: 'auto'` (Liu, Ting, Zhou 2008: larger subsamples swamp and mask the anomalies). */
const AUTO_MAX_SAMPLES = 256;
/** scikit-learn takes seeds of 32 bits. */
const MAX_SEED = 2 ** 32 - 1;

/** Forest parameters with every share and 'auto' worked out for one training matrix. */
export interface ResolvedForestParams {
  readonly nEstimators: number;
  /** psi: rows per tree, 1..n. */
  readonly maxSamples: number;
  /** k: columns per tree, 1..F. */
  readonly maxFeatures: number;
  /** Edges from the root to the deepest leaf allowed: ceil(log2(max(psi, 2))). */
  readonly maxDepth: number;
  readonly bootstrap: boolean;
  readonly seed: number;
  readonly contamination: 'auto' | number;
  /** What was adjusted, in words for the user; scikit-learn warns about the same. */
  readonly warnings: readonly string[];
}

/** The same parameters under scikit-learn's names, as they stand in a configuration file or a request. */
export interface PlainForestParams {
  readonly n_estimators: number;
  readonly max_samples: 'auto' | number;
  readonly max_features: number;
  readonly contamination: 'auto' | number;
  readonly bootstrap: boolean;
  readonly random_state: number;
}

/**
 * Works out the parameters for a matrix of `rows` x `columns`, with scikit-learn's meaning
 * (`sklearn.ensemble.IsolationForest.fit`): a share of rows or columns is cut to an integer, more rows than there are
 * become all rows (with a warning), at least one column is used.
 *
 * @throws AppError `not_enough_data` for an empty matrix, `config_invalid` for a parameter out of range.
 */
export function resolveForestParams(
  params: ForestParams,
  rows: number,
  columns: number,
): ResolvedForestParams {
  if (rows < 1 || columns < 1) {
    throw new AppError(
      'not_enough_data',
      `A forest needs rows and columns; the matrix is ${rows} x ${columns}.`,
      {
        hint: 'Export a longer time span, or check that the feature set has columns.',
      },
    );
  }
  const plain = toPlainForestParams(params);
  assertNoProblems(findProblems(plain));
  const warnings: string[] = [];
  const maxSamples = resolveMaxSamples(params.maxSamples, rows, warnings);
  const maxFeatures = resolveMaxFeatures(params.maxFeatures, columns);
  return {
    nEstimators: params.nEstimators,
    maxSamples,
    maxFeatures,
    maxDepth: depthLimit(maxSamples),
    bootstrap: params.bootstrap,
    seed: params.randomState,
    contamination: params.contamination,
    warnings,
  };
}

/** ceil(log2(max(psi, 2))), in integers: a rounded logarithm must not add a level. */
export function depthLimit(maxSamples: number): number {
  return 32 - Math.clz32(Math.max(maxSamples, 2) - 1);
}

function resolveMaxSamples(maxSamples: ForestParams['maxSamples'], rows: number, warnings: string[]): number {
  if (maxSamples === 'auto') return Math.min(AUTO_MAX_SAMPLES, rows);
  if ('rows' in maxSamples) {
    if (maxSamples.rows <= rows) return maxSamples.rows;
    warnings.push(
      `max_samples (${maxSamples.rows}) is greater than the number of training rows (${rows}); all rows are used.`,
    );
    return rows;
  }
  const cut = Math.trunc(maxSamples.share * rows);
  if (cut >= 1) return cut;
  throw new AppError(
    'config_invalid',
    `max_samples: a share of ${maxSamples.share} of ${rows} rows is no row at all.`,
    {
      hint: `Use a share of at least ${1 / rows}, a number of rows, or 'auto'.`,
    },
  );
}

function resolveMaxFeatures(maxFeatures: ForestParams['maxFeatures'], columns: number): number {
  if ('share' in maxFeatures) return Math.max(1, Math.trunc(maxFeatures.share * columns));
  if (maxFeatures.columns <= columns) return maxFeatures.columns;
  throw new AppError(
    'config_invalid',
    `max_features is ${maxFeatures.columns}, but the training matrix has only ${columns} columns.`,
    { hint: `Use at most ${columns}, or a share such as 1.0 (all columns).` },
  );
}

/**
 * Reads scikit-learn's names. JavaScript and YAML cannot tell 1 from 1.0, scikit-learn can: an integer above 1 is a
 * number of rows (columns), anything in (0, 1] is a share. So 1 means "all", as the `max_features: 1.0` of the shipped
 * configurations; one row per tree makes no useful forest, and one column can be had with a small share.
 *
 * @throws AppError `config_invalid` with one problem per wrong parameter.
 */
export function parseForestParams(plain: PlainForestParams): ForestParams {
  assertNoProblems(findProblems(plain));
  const { max_samples: maxSamples, max_features: maxFeatures } = plain;
  return {
    nEstimators: plain.n_estimators,
    maxSamples:
      maxSamples === 'auto' ? 'auto' : maxSamples > 1 ? { rows: maxSamples } : { share: maxSamples },
    maxFeatures: maxFeatures > 1 ? { columns: maxFeatures } : { share: maxFeatures },
    contamination: plain.contamination,
    bootstrap: plain.bootstrap,
    randomState: plain.random_state,
  };
}

/** The way back, for metadata. `{ rows: 1 }` comes out as 1, which reads as a share again. */
export function toPlainForestParams(params: ForestParams): PlainForestParams {
  const { maxSamples, maxFeatures } = params;
  return {
    n_estimators: params.nEstimators,
    max_samples: maxSamples === 'auto' ? 'auto' : 'rows' in maxSamples ? maxSamples.rows : maxSamples.share,
    max_features: 'columns' in maxFeatures ? maxFeatures.columns : maxFeatures.share,
    contamination: params.contamination,
    bootstrap: params.bootstrap,
    random_state: params.randomState,
  };
}

/** One rule per parameter: is the value allowed, and what is. */
function findProblems(plain: PlainForestParams): FieldProblem[] {
  const rules: readonly [name: keyof PlainForestParams, allowed: boolean, expected: string][] = [
    ['n_estimators', isCount(plain.n_estimators), 'an integer of at least 1'],
    [
      'max_samples',
      plain.max_samples === 'auto' || isCountOrShare(plain.max_samples),
      "'auto', an integer above 1 (rows) or a share in (0, 1]",
    ],
    ['max_features', isCountOrShare(plain.max_features), 'an integer above 1 (columns) or a share in (0, 1]'],
    [
      'contamination',
      plain.contamination === 'auto' || (plain.contamination > 0 && plain.contamination <= 0.5),
      "'auto' or a share in (0, 0.5]",
    ],
    [
      'random_state',
      Number.isInteger(plain.random_state) && plain.random_state >= 0 && plain.random_state <= MAX_SEED,
      `an integer from 0 to ${MAX_SEED}`,
    ],
  ];
  return rules
    .filter(([, allowed]) => !allowed)
    .map(([name, , expected]) => ({
      pointer: `/${name}`,
      code: 'out_of_range',
      message: `${name} is ${plain[name]}, expected ${expected}.`,
    }));
}

function assertNoProblems(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  throw new AppError('config_invalid', problems.map((problem) => problem.message).join(' '), {
    hint: 'The parameters mean what they mean in scikit-learn; correct the ones named above.',
    problems,
  });
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 2 ** 31 - 1;
}

function isCountOrShare(value: number): boolean {
  return isCount(value) || (value > 0 && value <= 1);
}
