import { describe, expect, it } from 'vitest';
import {
  mapMatrix,
  networkRows,
  normalNumber,
  scenario,
  SCENARIO_COLUMNS,
  SCENARIO_FEATURES,
} from '../../../test/support/evaluation-scenario.js';
import { fitOn } from '../../../test/support/detector-fit.js';
import type { FeatureValues } from '../../features/core/preprocessing.js';
import { createRng, type RngState } from '../../shared/rng.js';
import { columnFamilies, readColumns } from '../../training/core/detectors/column-families.js';
import { scoreWithDetector } from '../../training/core/detectors/fitted-detector.js';
import { evaluateModel } from './evaluate.js';
import { prepareGate, runGate, type GateResult } from './gate.js';
import type { GateCheckId, GateInput, Matrix } from './gate/gate-check.js';

/**
 * A detector of some columns, as the preset `detection` is: tails of the counts and of the rare events, high values only.
 * The other columns (loads, ratios, clock, category) are nothing to it.
 */
const EVIDENCE = (name: string): string | null =>
  name.startsWith('count_') ? name : name.startsWith('rare_') ? 'rare' : null;
const TRAITS = SCENARIO_FEATURES.map(({ name, clock, categorical }) => ({
  clock,
  kind: categorical ? 'categorical' : 'measure',
  evidence: EVIDENCE(name),
}));
const READ = readColumns(['tail_probability'], TRAITS);

interface Damage {
  readonly training?: (rows: Matrix, rng: RngState) => Matrix;
  readonly serving?: (values: FeatureValues) => FeatureValues;
  readonly trainSlots?: number;
}

/** Four days of two devices, a day and a half held out; `everywhere` plants into columns the detector does not read, too. */
function tailScenario(seed: number, damage: Damage = {}, everywhere = false): GateInput {
  const { trainSlots = 1152 } = damage;
  const base = scenario({ seed, trainSlots, holdoutSlots: 432 });
  const rng = createRng(seed, 1);
  const raw = networkRows(0, trainSlots, rng);
  const train = damage.training?.(raw, rng) ?? raw;
  const values = Float32Array.from(train.values);
  const devices = new Int32Array(train.rows);
  const { fitted, tools } = fitOn(
    'tail_probability',
    { values, columns: SCENARIO_COLUMNS, devices, names: ['ap'] },
    { families: columnFamilies(TRAITS) },
  );
  return {
    ...base,
    features: SCENARIO_FEATURES.map((column, i) => ({ ...column, unread: !everywhere && !READ[i] })),
    train: { ...train, values },
    holdout: { ...base.holdout, values: base.holdoutExtracted },
    score: (rows, count) => {
      const served = Float32Array.from(damage.serving?.(rows) ?? rows);
      return scoreWithDetector(fitted, { x: served, raw: served }, count, null, tools);
    },
  };
}

const failed = ({ checks }: GateResult): string =>
  checks.flatMap(({ id, passed }) => (passed ? [] : [id])).join('');

const [COUNT, LOAD] = [20, 9];
const swapped = (values: FeatureValues): FeatureValues =>
  values.map((value, i) => {
    const column = i % SCENARIO_COLUMNS;
    return column === COUNT ? values[i - COUNT + LOAD] : column === LOAD ? values[i - LOAD + COUNT] : value;
  });

const DAMAGES: readonly (readonly [string, GateCheckId, Damage])[] = [
  ['trained on noise', 'B', { training: (rows, rng) => mapMatrix(rows, () => 100 * normalNumber(rng)) }],
  ['trained on constant features', 'B', { training: (rows) => mapMatrix(rows, () => 1000) }],
  [
    'trained with half of the features zeroed',
    'D',
    { training: (rows) => mapMatrix(rows, (value, c) => (c % 2 === 0 ? 0 : value)) },
  ],
  [
    'trained with a count and a load swapped',
    'C',
    { training: (rows) => ({ ...rows, values: swapped(rows.values) }) },
  ],
  ['served with a flipped sign of the features', 'B', { serving: (values) => values.map((value) => -value) }],
  ['served in the columns of others', 'B', { serving: (values) => values.toReversed() }],
];

describe('the gate and a detector of some columns', () => {
  it.each([41, 42, 43, 44, 45, 46])('passes a healthy one, seed %i', (seed) => {
    expect(failed(runGate(tailScenario(seed)))).toBe('');
  });

  it.each(DAMAGES.flatMap(([name, id, damage]) => [51, 52].map((seed) => ({ name, id, damage, seed }))))(
    'rejects one $name by check $id, seed $seed',
    ({ id, damage, seed }) => {
      expect(failed(runGate(tailScenario(seed, damage)))).toContain(id);
    },
  );

  it('rejects one whose score has the wrong sign by check B', () => {
    const input = tailScenario(53);
    const flipped = {
      ...input,
      score: (...rows: Parameters<GateInput['score']>) => input.score(...rows).map((s) => -1 - s),
    };
    expect(failed(runGate(flipped))).toContain('B');
  });

  it('plants into the columns it reads and nowhere else, and the report names them', () => {
    const input = tailScenario(54);
    const { plantable, injected, plantedColumns } = prepareGate(input);
    const changed = new Set<number>();
    injected.values.forEach((value, at) => {
      const [row, column] = [Math.floor(at / SCENARIO_COLUMNS), at % SCENARIO_COLUMNS];
      if (value !== plantable[injected.sourceRow[row] * SCENARIO_COLUMNS + column]) changed.add(column);
    });
    expect([...changed].every((column) => READ[column])).toBe(true);
    const report = evaluateModel({
      ...scenario({ seed: 54, trainSlots: 1152 }),
      ...input,
      importanceRows: 0,
    });
    const names = SCENARIO_FEATURES.map(({ name }) => name).filter(
      (_, column) => plantedColumns[column] === 1,
    );
    expect(report.advanced_metrics.injected_columns).toEqual(names);
    // rare_0 never happened in training: nothing is planted where a model may be blind.
    expect(names).toEqual(['count_0', 'count_1', 'count_2', 'count_3', 'count_4', 'rare_1', 'rare_2']);
    const message = report.gate.checks.find(({ id }) => id === 'B')?.message;
    expect(message).toContain('planted into 7 of 27 columns');
  });

  it('rejects the same one when it has to find anomalies in columns it does not read', () => {
    expect(failed(runGate(tailScenario(41, {}, true)))).toBe('B');
  });
});
