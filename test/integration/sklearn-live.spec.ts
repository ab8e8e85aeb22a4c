import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeIsolationForest } from '../../src/registry/core/formats/joblib-model.js';
import { encodeStandardScaler } from '../../src/registry/core/formats/joblib-scaler.js';
import { createRng, nextFloat } from '../../src/shared/rng.js';
import { mean, populationVariance } from '../../src/shared/stats.js';
import {
  parseForestParams,
  type PlainForestParams,
  resolveForestParams,
} from '../../src/training/core/forest/forest-params.js';
import { growTrees } from '../../src/training/core/forest/grow.js';
import { scoreSamples } from '../../src/training/core/forest/score.js';
import { contaminationOffset, labelsFromScores } from '../../src/training/core/threshold.js';

/** Real scikit-learn loads what we write and answers on stdout. Any Python warning fails the run. */
const LOADER = `
import json, pickle, sys, warnings
warnings.simplefilter('error')
import joblib, numpy as np
from sklearn.base import clone
directory, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
model = joblib.load(directory + '/model.joblib')
with open(directory + '/model.joblib', 'rb') as file:
    again = pickle.load(file)
scaler = joblib.load(directory + '/scaler.joblib')
raw = np.fromfile(directory + '/x.bin', '<f8').reshape(rows, columns)
x = scaler.transform(raw)
repr(model); clone(model); repr(model.estimators_[0]); pickle.loads(pickle.dumps(model))
scores = model.score_samples(x)
assert (scores == again.score_samples(x)).all()
json.dump({
    'scaled': x.astype('<f4').astype(float).ravel().tolist(),
    'scores': scores.tolist(),
    'decisions': model.decision_function(x).tolist(),
    'labels': model.predict(x).tolist(),
    'params': {k: v for k, v in model.get_params(deep=False).items() if k in (
        'n_estimators', 'max_samples', 'max_features', 'contamination', 'bootstrap', 'random_state')},
}, sys.stdout)
`;

interface Answer {
  readonly scaled: number[];
  readonly scores: number[];
  readonly decisions: number[];
  readonly labels: number[];
  readonly params: PlainForestParams;
}

const python = process.env.MCP_TRAINING_PYTHON ?? 'python3';
const installed = installedSklearn();
if (installed === undefined) {
  console.warn(
    `SKIPPED: '${python}' cannot import sklearn and joblib, so no real scikit-learn has loaded our files in this run. ` +
      'Set MCP_TRAINING_PYTHON to an interpreter that can.',
  );
}

function installedSklearn(): string | undefined {
  try {
    const script = 'import sklearn, joblib; print(sklearn.__version__)';
    return execFileSync(python, ['-c', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

const plain: PlainForestParams = {
  n_estimators: 30,
  max_samples: 'auto',
  max_features: 1,
  contamination: 0.1,
  bootstrap: false,
  random_state: 7,
};

/** Columns of different sizes; one constant, one of a few repeated values, one beyond a billion. */
function randomRows(rows: number, columns: number, distinct: number): Float64Array {
  const rng = createRng(rows, columns);
  const x = Float64Array.from({ length: rows * columns }, (_, i) => {
    const column = i % columns;
    const value = nextFloat(rng) + nextFloat(rng) - 1;
    if (column === 1) return 3.5;
    if (column === 2) return Math.round(value * 4);
    return column === 3 ? 2e9 + 1e6 * value : value * 10 ** column;
  });
  for (let row = distinct; row < rows; row++) {
    x.copyWithin(row * columns, (row % distinct) * columns, (row % distinct) * columns + columns);
  }
  return x;
}

function fitScaler(x: Float64Array, rows: number, columns: number) {
  const column = (c: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => x[row * columns + c]);
  const means = Float64Array.from({ length: columns }, (_, c) => mean(column(c)));
  const variance = Float64Array.from({ length: columns }, (_, c) => populationVariance(column(c)));
  const scale = variance.map((value) => (value < 1e-12 ? 1 : Math.sqrt(value)));
  return { mean: means, variance, scale, samplesSeen: rows };
}

describe.skipIf(installed === undefined)(`scikit-learn ${installed ?? '(none)'} loads what we write`, () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sklearn-live-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it.each([
    ['default parameters', 900, 6, 900, {}],
    ["contamination 'auto'", 400, 5, 400, { contamination: 'auto' }],
    ['half of the columns', 700, 8, 700, { max_features: 0.5, max_samples: 500 }],
    ['bootstrap', 500, 6, 500, { bootstrap: true, max_samples: 0.7 }],
    ['repeated rows on the offset', 600, 5, 12, { contamination: 0.25 }],
    ['all rows in every tree', 800, 5, 800, { max_samples: 1, contamination: 0.5 }],
    ['one column', 300, 1, 300, { contamination: 0.02 }],
    ['one row per tree', 100, 4, 100, { max_samples: 0.01 }],
    ['a single tree and two rows', 2, 3, 2, { n_estimators: 1 }],
    ['enough trees for long memo indices', 300, 5, 300, { n_estimators: 400 }],
  ] as const)('%s', async (_name, rows, columns, distinct, change) => {
    const params = parseForestParams({ ...plain, ...change });
    const raw = randomRows(rows, columns, distinct);
    const scaler = fitScaler(raw, rows, columns);
    const x = Float32Array.from(
      raw,
      (value, i) => (value - scaler.mean[i % columns]) / scaler.scale[i % columns],
    );
    const resolved = resolveForestParams(params, rows, columns);
    const forest = growTrees(x, rows, columns, resolved, 0, params.nEstimators);
    const scores = new Float64Array(rows);
    scoreSamples(forest, x, rows, scores);
    const offset = contaminationOffset(scores, params.contamination);
    const labels = Array.from(labelsFromScores(scores, offset, new Int8Array(rows)));

    const sklearnVersion = installed ?? '';
    const meta = { params, offset, nSamples: rows, sklearnVersion };
    await writeFile(join(directory, 'model.joblib'), encodeIsolationForest(forest, meta));
    await writeFile(join(directory, 'scaler.joblib'), encodeStandardScaler(scaler, sklearnVersion));
    await writeFile(join(directory, 'x.bin'), new Uint8Array(raw.buffer));
    const answer = await askSklearn(directory, rows, columns);

    expect(answer.scaled).toEqual(Array.from(x));
    expect(answer.labels).toEqual(labels);
    for (let row = 0; row < rows; row++) {
      expect(Math.abs(answer.scores[row] - scores[row])).toBeLessThan(1e-12);
      expect(Math.abs(answer.decisions[row] - (scores[row] - offset))).toBeLessThan(1e-12);
    }
    expect(answer.params).toEqual({ ...plain, ...change });
  });
});

async function askSklearn(directory: string, rows: number, columns: number): Promise<Answer> {
  const run = promisify(execFile);
  const { stdout } = await run(python, ['-c', LOADER, directory, String(rows), String(columns)], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Answer;
}
