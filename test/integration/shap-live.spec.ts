import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainRows } from '../../src/evaluation/core/explanation/path-attribution.js';
import { encodeIsolationForest } from '../../src/registry/core/formats/joblib-model.js';
import {
  parseForestParams,
  type PlainForestParams,
  resolveForestParams,
} from '../../src/training/core/forest/forest-params.js';
import { growTrees } from '../../src/training/core/forest/grow.js';
import { plantedAnomalies } from '../support/planted-anomalies.js';
import { pythonModule, runPython } from './package/python.js';

/** shap explains the files that we write; one process for all cases, because importing shap takes seconds. */
const EXPLAINER = `
import json, sys
import joblib, numpy as np, shap
answers = []
for case in json.load(open('cases.json')):
    model = joblib.load(case['name'] + '.joblib')
    x = np.fromfile(case['name'] + '.bin', '<f4').reshape(-1, case['columns'])
    explainer = shap.TreeExplainer(model)
    answers.append({
        'values': explainer.shap_values(x).ravel().tolist(),
        'expected': float(np.ravel(explainer.expected_value)[0]),
        'scores': model.score_samples(x).tolist(),
    })
json.dump(answers, sys.stdout)
`;

interface Answer {
  readonly values: number[];
  readonly expected: number;
  readonly scores: number[];
}

const PLAIN: PlainForestParams = {
  n_estimators: 30,
  max_samples: 'auto',
  max_features: 1,
  contamination: 'auto',
  bootstrap: false,
  random_state: 3,
};
const ROWS = 300;
const EXPLAINED = 40;
// A single column a tree is none of them: shap 0.49 takes a leaf's feature -2 for a place in that list and fails.
const CASES = [
  { name: 'the default forest of 27 columns', columns: 27, change: { n_estimators: 100 } },
  { name: 'half of the columns a tree', columns: 8, change: { max_features: 0.5 } },
  { name: 'trees of all rows', columns: 5, change: { max_samples: 1 } },
  { name: 'bootstrap', columns: 6, change: { bootstrap: true } },
  { name: 'two columns, which repeat on every path', columns: 2, change: { max_samples: 64 } },
];

const skipped = 'path attributions were compared with the definition only, not with shap.TreeExplainer.';
const shap = pythonModule('shap', skipped);
const sklearn = pythonModule('sklearn', skipped);

function grownCase({ columns, change }: (typeof CASES)[number]) {
  const { x } = plantedAnomalies(11, ROWS, columns);
  const params = parseForestParams({ ...PLAIN, ...change });
  const resolved = resolveForestParams(params, ROWS, columns);
  const forest = growTrees(x, ROWS, columns, resolved, 0, params.nEstimators);
  return { params, forest, x: x.slice(0, EXPLAINED * columns) };
}

describe.skipIf(shap === undefined || sklearn === undefined)(
  `shap ${shap ?? '(none)'} on scikit-learn ${sklearn ?? '(none)'} explains our forests as we do`,
  () => {
    let directory = '';
    let answers: Answer[] = [];

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'shap-live-'));
      for (const one of CASES) {
        const { params, forest, x } = grownCase(one);
        const meta = { params, offset: -0.5, nSamples: ROWS, sklearnVersion: sklearn ?? '' };
        await writeFile(join(directory, `${one.name}.joblib`), encodeIsolationForest(forest, meta));
        await writeFile(join(directory, `${one.name}.bin`), x);
      }
      await writeFile(join(directory, 'cases.json'), JSON.stringify(CASES));
      await writeFile(join(directory, 'explain.py'), EXPLAINER);
      const run = await runPython(directory, ['explain.py']);
      if (run.code !== 0) throw new Error(run.stderr);
      answers = JSON.parse(run.stdout) as Answer[];
    }, 300_000);
    afterAll(() => rm(directory, { recursive: true, force: true }));

    it.each(CASES.map((one, i) => [one.name, i] as const))('%s', (_name, i) => {
      const { forest, x } = grownCase(CASES[i]);
      const { columns } = CASES[i];
      const { values, expected, scores } = answers[i];
      const explained = explainRows(forest, x, Array.from(scores.keys()));
      expect(explained).toHaveLength(EXPLAINED);
      let largest = 0;
      explained.forEach(({ path, score }, row) => {
        expect(Math.abs(path.expectedPathLength - expected)).toBeLessThan(1e-6);
        expect(Math.abs(score.score + scores[row])).toBeLessThan(1e-12);
        path.contributions.forEach((value, column) => {
          largest = Math.max(largest, Math.abs(value - values[row * columns + column]));
        });
      });
      expect(largest).toBeLessThan(1e-6);
    });
  },
);
