import { beforeEach, describe, expect, it } from 'vitest';
import {
  fitPreprocessing,
  mapMatrix,
  normalNumber,
  scenario as anyScenario,
  SCENARIO_COLUMNS,
  type ScenarioOptions,
} from '../../../test/support/evaluation-scenario.js';
import { forestKernels } from '../../../test/support/forest-kernel.js';
import type { FeatureValues } from '../../features/core/preprocessing.js';
import { mean } from '../../shared/stats.js';
import { createForestEngine } from '../../training/core/forest/forest-engine.js';
import type { EvaluationInput } from './evaluation-report.js';
import { gateResult, prepareGate, runGate, type GateResult } from './gate.js';
import type { GateCheckId, GateInput, Matrix } from './gate/gate-check.js';
import { INJECTED_KINDS } from './injection.js';
import { namedRng, randomRowNumbers } from './shuffle.js';

const SEEDS = [31, 32, 33];

const engine = createForestEngine(await forestKernels());
const scenario = (options: ScenarioOptions): EvaluationInput & { readonly train: Matrix } =>
  anyScenario({ ...options, engine });
const MARGIN = 0.05;

const failed = ({ checks }: GateResult): string =>
  checks.flatMap(({ id, passed }) => (passed ? [] : [id])).join('');

const meanAuc = (input: GateInput): number => {
  const { injectedAuc } = prepareGate(input);
  return mean(INJECTED_KINDS.map((kind) => injectedAuc[kind] ?? 0));
};

/** Reads column `from[c]` where column c is expected. */
const permuted = (values: FeatureValues, from: Int32Array): FeatureValues =>
  values.map((_, i) => values[i - (i % SCENARIO_COLUMNS) + from[i % SCENARIO_COLUMNS]]);

const inTraining =
  (change: (rows: Matrix, seed: number) => Matrix) =>
  (seed: number): GateInput =>
    scenario({ seed, damageTraining: (rows) => change(rows, seed) });

const inServing =
  (options: Omit<ScenarioOptions, 'seed'>) =>
  (seed: number): GateInput =>
    scenario({ seed, ...options });

const swap = (a: number, b: number): Int32Array =>
  Int32Array.from({ length: SCENARIO_COLUMNS }, (_, c) => (c === a ? b : c === b ? a : c));

/** Loads, ratios and counts change places; each of these columns has its own scale. */
const SWAPPED = swap(0, 12);

const DAMAGES: readonly (readonly [string, GateCheckId, (seed: number) => GateInput])[] = [
  [
    'trained on noise',
    'B',
    (seed) => scenario({ seed, damageTraining: (rows, rng) => mapMatrix(rows, () => normalNumber(rng)) }),
  ],
  ['trained on constant features', 'A', inTraining((rows) => mapMatrix(rows, () => 1))],
  [
    'trained with half of the features zeroed',
    'D',
    inTraining((rows) => mapMatrix(rows, (value, c) => (c % 2 === 1 ? 0 : value))),
  ],
  [
    'trained on ten rows',
    'F',
    (seed) => {
      const input = scenario({ seed, trainSlots: 5 });
      return { ...input, data: { ...input.data, nonEmptyWindows: 10 } };
    },
  ],
  [
    'trained with two columns swapped',
    'C',
    inTraining((rows) => ({ ...rows, values: permuted(rows.values, SWAPPED) })),
  ],
  [
    'trained with all columns shuffled',
    'C',
    inTraining((rows, seed) => ({
      ...rows,
      values: permuted(
        rows.values,
        randomRowNumbers(SCENARIO_COLUMNS, SCENARIO_COLUMNS, namedRng(seed, 'columns')),
      ),
    })),
  ],
  [
    'served with a scaler of other rows',
    'B',
    inServing({ servingRows: (rows) => mapMatrix(rows, (value) => 3 * value + 50) }),
  ],
  [
    'served with a flipped sign',
    'B',
    (seed) => {
      const input = scenario({ seed });
      return { ...input, score: (...rows) => input.score(...rows).map((score) => -1 - score) };
    },
  ],
];

/** The tests compute without a pause; the runner wants to hear of each. */
beforeEach(async () => {
  await new Promise((resolve) => {
    setTimeout(resolve);
  });
});

it.each(Array.from({ length: 20 }, (_, i) => i + 11))('a healthy model passes, seed %i', (seed) => {
  expect(failed(runGate(scenario({ seed })))).toBe('');
});

describe('each kind of damage is rejected on every seed, by the check that is made for it', () => {
  const cases = DAMAGES.flatMap(([name, id, damaged]) => SEEDS.map((seed) => ({ name, id, damaged, seed })));

  it.each(cases)('$name: check $id, seed $seed', ({ id, damaged, seed }) => {
    const gate = runGate(damaged(seed));
    expect(gate.passed).toBe(false);
    expect(failed(gate)).toContain(id);
    expect(gate.not_enough_data).toBe(id === 'F');
    expect(gate.checks.find((check) => check.id === id)?.message.length).toBeGreaterThan(40);
  });
});

describe('columns that are mixed up when the model is served', () => {
  /** The model is fed column `from[c]` as column c. */
  const served = (seed: number, from: Int32Array): GateInput => {
    const input = scenario({ seed });
    return { ...input, score: (values, rows, devices) => input.score(permuted(values, from), rows, devices) };
  };

  it.each(SEEDS)('are rejected wherever they cost more than 0.05 AUC, seed %i', (seed) => {
    const orders = [
      SWAPPED,
      swap(1, 18),
      randomRowNumbers(SCENARIO_COLUMNS, SCENARIO_COLUMNS, namedRng(seed, 'served')),
    ];
    const healthy = meanAuc(scenario({ seed }));
    const costly = orders.filter((order) => healthy - meanAuc(served(seed, order)) > MARGIN);
    expect(costly.length).toBeGreaterThan(0);
    for (const order of costly) expect(runGate(served(seed, order)).passed).toBe(false);
  });

  it('under their own names are refused by name, whatever they cost', () => {
    const input = scenario({ seed: 36 });
    const names = input.expected.featureNames.toReversed();
    const gate = runGate({ ...input, actual: { ...input.actual, featureNames: names } });
    expect(failed(gate)).toBe('D');
  });
});

it('a skewed scaler is told from a healthy one by what it costs', () => {
  const rows = scenario({ seed: 37 }).train;
  // The same rows give the same scaler: nothing is damaged, nothing may fail.
  const same = fitPreprocessing(rows);
  expect(same.scale).toEqual(fitPreprocessing(rows).scale);
  expect(gateResult(runGate(scenario({ seed: 37, servingRows: (given) => given })).checks).passed).toBe(true);
});
