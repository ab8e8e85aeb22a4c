import { describe, expect, it } from 'vitest';
import { AppError } from '../../../shared/errors.js';
import { averagePathLength } from './average-path-length.js';
import {
  depthLimit,
  parseForestParams,
  type PlainForestParams,
  resolveForestParams,
} from './forest-params.js';

const plain: PlainForestParams = {
  n_estimators: 100,
  max_samples: 'auto',
  max_features: 1.0,
  contamination: 'auto',
  bootstrap: false,
  random_state: 42,
};

const resolve = (change: Partial<PlainForestParams>, rows: number, columns: number) =>
  resolveForestParams(parseForestParams({ ...plain, ...change }), rows, columns);

function errorOf(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

describe('max_samples', () => {
  it.each([
    ['auto', 1000, 256],
    ['auto', 100, 100],
    [500, 1000, 500],
    [0.5, 1001, 500],
    // Python: int(0.29 * 100) is 28.
    [0.29, 100, 28],
    [1.0, 777, 777],
  ] as const)('%s of %d rows is %d rows', (max_samples, rows, expected) => {
    const resolved = resolve({ max_samples }, rows, 5);
    expect(resolved.maxSamples).toBe(expected);
    expect(resolved.warnings).toEqual([]);
  });

  it('is cut to all rows with a warning, as in scikit-learn', () => {
    const resolved = resolve({ max_samples: 500 }, 120, 5);
    expect(resolved.maxSamples).toBe(120);
    expect(resolved.warnings).toEqual([
      'max_samples (500) is greater than the number of training rows (120); all rows are used.',
    ]);
  });

  it('is refused when a share leaves no row', () => {
    const error = errorOf(() => resolve({ max_samples: 0.001 }, 100, 5));
    expect(error.code).toBe('config_invalid');
    expect(error.message).toContain('0.001 of 100 rows');
  });
});

describe('max_features', () => {
  it.each([
    // 97 of 122 columns: what the real models with max_features 0.8 have.
    [0.8, 122, 97],
    [1.0, 122, 122],
    [0.01, 20, 1],
    [3, 20, 3],
  ])('%d of %d columns is %d columns', (max_features, columns, expected) => {
    expect(resolve({ max_features }, 300, columns).maxFeatures).toBe(expected);
  });

  it('is refused when there are not so many columns', () => {
    expect(errorOf(() => resolve({ max_features: 21 }, 300, 20)).message).toContain('only 20 columns');
  });
});

describe('depthLimit', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
    [120, 7],
    [256, 8],
    [257, 9],
    [100_000, 17],
  ])('of %d rows is %d', (rows, expected) => {
    expect(depthLimit(rows)).toBe(expected);
  });
});

describe('parseForestParams', () => {
  it('names every parameter that is out of range', () => {
    const wrong = {
      ...plain,
      n_estimators: 0,
      max_samples: 1.5,
      max_features: 0,
      contamination: 0.6,
      random_state: -1,
    };
    const error = errorOf(() => parseForestParams(wrong));
    expect(error.code).toBe('config_invalid');
    expect(error.problems.map((problem) => problem.pointer)).toEqual([
      '/n_estimators',
      '/max_samples',
      '/max_features',
      '/contamination',
      '/random_state',
    ]);
  });

  it('refuses NaN everywhere', () => {
    const wrong = {
      ...plain,
      n_estimators: NaN,
      max_samples: NaN,
      max_features: NaN,
      contamination: NaN,
      random_state: NaN,
    };
    expect(errorOf(() => parseForestParams(wrong)).problems).toHaveLength(5);
  });
});

describe('resolveForestParams', () => {
  it('refuses an empty matrix', () => {
    expect(errorOf(() => resolve({}, 0, 5)).code).toBe('not_enough_data');
    expect(errorOf(() => resolve({}, 5, 0)).code).toBe('not_enough_data');
  });
});

describe('averagePathLength', () => {
  // scikit-learn 1.3.0, sklearn.ensemble._iforest._average_path_length.
  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1.207392357589623],
    [256, 10.244770920119917],
    [100_000, 22.180282259643523],
  ])('of %d rows is %d', (rows, expected) => {
    expect(averagePathLength(rows)).toBeCloseTo(expected, 13);
  });
});
