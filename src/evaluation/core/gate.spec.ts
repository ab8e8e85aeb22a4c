import type { FeatureValues } from '../../features/core/preprocessing.js';
import { describe, expect, it } from 'vitest';
import {
  fitPreprocessing,
  mapMatrix,
  normalNumber,
  scenario,
  SCENARIO_COLUMNS,
  type ScenarioOptions,
} from '../../../test/support/evaluation-scenario.js';
import { AppError } from '../../shared/errors.js';
import type { EpisodeCounts } from './episodes.js';
import { GATE_CHECKS, prepareGate, runGate, type GateResult } from './gate.js';
import { columns } from './gate/columns.js';
import { enoughData } from './gate/enough-data.js';
import type { GateCheckId, GateContext, GateInput } from './gate/gate-check.js';
import { labelledEpisodes } from './gate/labelled-episodes.js';
import { scoreSpread } from './gate/score-spread.js';

const failedIds = ({ checks }: GateResult): string =>
  checks.flatMap(({ id, passed }) => (passed ? [] : [id])).join('');

function outcome(input: GateInput, id: GateCheckId) {
  return runGate(input).checks.find((check) => check.id === id)!;
}

const SOME_COLUMN = [{ name: 'x', rareEvent: false, clock: false, categorical: false }];

/** Only what a check that reads plain data needs. */
const withData = (parts: Partial<GateContext>): GateContext =>
  ({
    train: { values: Float64Array.of(0, 1), rows: 2, columns: 1 },
    features: SOME_COLUMN,
    ...parts,
  }) as GateContext;

describe('a healthy model passes', () => {
  it.each([1, 2, 3])('with seed %i', (seed) => {
    const gate = runGate(scenario({ seed }));
    expect(failedIds(gate)).toBe('');
    expect(gate.passed).toBe(true);
    expect(gate.not_enough_data).toBe(false);
    expect(gate.checks.map(({ id }) => id)).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
    expect(gate.checks.find(({ id }) => id === 'E')?.skipped).toBe(true);
  });

  it('whatever unit its columns are in', () => {
    const input = scenario({ seed: 3 });
    const shrunk = (values: FeatureValues): FeatureValues => values.map((value) => value / 1024);
    const scaled: GateInput = {
      ...input,
      train: { ...input.train, values: shrunk(input.train.values) },
      holdout: { ...input.holdout, values: shrunk(input.holdout.values) },
      holdoutExtracted: shrunk(input.holdoutExtracted),
      score: (values, rows) =>
        input.score(
          values.map((value) => value * 1024),
          rows,
          null,
        ),
    };
    expect(runGate(scaled).passed).toBe(true);
  });
});

describe('a damaged model is rejected', () => {
  const column = (values: FeatureValues, i: number, from: (c: number) => number): number =>
    values[i - (i % SCENARIO_COLUMNS) + from(i % SCENARIO_COLUMNS)];
  const reverse = (c: number): number => SCENARIO_COLUMNS - 1 - c;
  const swapTwo = (c: number): number => (c === 0 ? 10 : c === 10 ? 0 : c);

  const training: readonly [string, GateCheckId, Omit<ScenarioOptions, 'seed'>][] = [
    ['trained on noise', 'B', { damageTraining: (m, rng) => mapMatrix(m, () => normalNumber(rng)) }],
    [
      'trained on noise of the right mean and spread',
      'C',
      {
        damageTraining: (m, rng) => {
          const { center, scale } = fitPreprocessing(m);
          return mapMatrix(m, (_, c) => center[c] + scale[c] * normalNumber(rng));
        },
      },
    ],
    [
      'trained with half of the features zeroed',
      'D',
      { damageTraining: (m) => mapMatrix(m, (v, c) => (c % 2 ? 0 : v)) },
    ],
    ['trained on constant rows', 'A', { damageTraining: (m) => mapMatrix(m, () => 1) }],
    [
      'trained with two columns swapped',
      'C',
      { damageTraining: (m) => mapMatrix(m, (_, c, row) => m.values[row * SCENARIO_COLUMNS + swapTwo(c)]) },
    ],
    [
      'served with a scaler of other rows',
      'B',
      { servingRows: (m) => mapMatrix(m, (value) => 3 * value + 50) },
    ],
    [
      'served with a scaler of unit rows',
      'B',
      { servingRows: (m) => mapMatrix(m, (_, __, row) => (row % 2) - 0.5) },
    ],
  ];

  it.each(training)('%s, by check %s', (_, id, options) => {
    for (const seed of [1, 2]) {
      const gate = runGate(scenario({ seed, ...options }));
      expect(failedIds(gate)).toContain(id);
      expect(gate.passed).toBe(false);
      expect(gate.not_enough_data).toBe(false);
    }
  });

  const serving: readonly [string, (values: FeatureValues) => FeatureValues][] = [
    ['columns in reverse order', (values) => values.map((_, i) => column(values, i, reverse))],
    ['values in another unit', (values) => values.map((value) => 1000 * value)],
    [
      'half of the features zeroed',
      (values) => values.map((value, i) => ((i % SCENARIO_COLUMNS) % 2 ? 0 : value)),
    ],
  ];

  it.each(serving)('served with %s, by check B', (_, damage) => {
    for (const seed of [1, 2]) {
      const input = scenario({ seed });
      expect(
        outcome(
          { ...input, score: (values, rows, devices) => input.score(damage(values), rows, devices) },
          'B',
        ).passed,
      ).toBe(false);
    }
  });

  it('with a flipped sign, by check B', () => {
    for (const seed of [1, 2]) {
      const input = scenario({ seed });
      const flipped = {
        ...input,
        score: (v: FeatureValues, n: number) => input.score(v, n, null).map((s) => -1 - s),
      };
      const check = outcome(flipped, 'B');
      expect(check.passed).toBe(false);
      expect(check.value).toBeLessThan(0.1);
    }
  });

  it('row by row with its own device, held out or planted', () => {
    const input = scenario({ seed: 5, trainSlots: 600, holdoutSlots: 300 });
    const holdoutDevices = input.holdoutWindows!.deviceIndex;
    const seen: { rows: number; devices: Int32Array | null }[] = [];
    const context = prepareGate({
      ...input,
      holdoutDevices,
      score: (values, rows, devices) => {
        seen.push({ rows, devices });
        return input.score(values, rows, devices);
      },
    });
    const [held, planted] = seen;
    expect(held.devices).toEqual(holdoutDevices);
    // The category column of the scenario is the device: a planted row keeps it.
    const category = SCENARIO_COLUMNS - 1;
    const { values, rows } = context.injected;
    const written = Array.from({ length: rows }, (_, row) => values[row * SCENARIO_COLUMNS + category]);
    expect([...planted.devices!]).toEqual(written);
    expect(new Set(written)).toEqual(new Set([0, 1]));
  });

  it('with random scores, by check B', () => {
    const input = scenario({ seed: 1 });
    let x = 1;
    const random = (_: FeatureValues, n: number): Float64Array =>
      Float64Array.from({ length: n }, () => (x = (16807 * x) % 2147483647) / -2147483647);
    expect(outcome({ ...input, score: random }, 'B').passed).toBe(false);
  });

  it('whose scaler makes values that are not numbers, instead of crashing', () => {
    const input = scenario({ seed: 1 });
    const gate = runGate({
      ...input,
      score: (values, rows) =>
        input.score(
          values.map(() => Number.NaN),
          rows,
          null,
        ),
    });
    expect(failedIds(gate)).toBe('AB');
    const broken = (): Float64Array => {
      throw new AppError('validation_failed', 'Row 0, column 0 is NaN, expected a number.');
    };
    expect(failedIds(runGate({ ...input, score: broken }))).toBe('AB');
  });
});

describe('check A', () => {
  it('rejects a model whose only moving features are the clock', () => {
    const clocks = new Set([24, 25]);
    const still = scenario({
      seed: 2,
      damageTraining: (m) => mapMatrix(m, (value, c) => (clocks.has(c) ? value : 1)),
    });
    const train = mapMatrix(still.train, (value, c) => (clocks.has(c) ? value : 1));
    expect(outcome({ ...still, train }, 'A').passed).toBe(false);
  });

  const scores = (distinct: number): Float64Array =>
    Float64Array.from({ length: 10_000 }, (_, i) => -0.5 - (i % distinct) / 1000);
  const columnOf = (values: number[]) => ({
    values: Float64Array.from(values),
    rows: values.length,
    columns: 1,
  });
  const different = columnOf(Array.from({ length: 10_000 }, (_, row) => row));

  it('accepts few distinct scores of count features when there are thirty of them', () => {
    expect(scoreSpread.run(withData({ holdoutScores: scores(30) })).passed).toBe(true);
    expect(scoreSpread.run(withData({ holdoutScores: scores(29), holdout: different })).passed).toBe(false);
    // 2 of 100 is 2 %.
    expect(scoreSpread.run(withData({ holdoutScores: scores(2).subarray(0, 100) })).passed).toBe(true);
    expect(
      scoreSpread.run(withData({ holdoutScores: new Float64Array(500).fill(-0.5), holdout: different }))
        .passed,
    ).toBe(false);
  });

  it('does not ask a model to separate rows that are equal', () => {
    // 2,000 windows of an agent's counts hold ten different rows: five scores are half of what can be told apart.
    const holdout = columnOf(Array.from({ length: 2_000 }, (_, row) => row % 10));
    expect(scoreSpread.run(withData({ holdoutScores: scores(5), holdout })).passed).toBe(true);
    expect(scoreSpread.run(withData({ holdoutScores: scores(4), holdout })).passed).toBe(false);
    const constant = new Float64Array(2_000).fill(-0.5);
    expect(scoreSpread.run(withData({ holdoutScores: constant, holdout })).passed).toBe(false);
  });
});

describe('check C', () => {
  it('does not look at the clock', () => {
    const input = scenario({ seed: 4 });
    const clocks = new Set([24, 25]);
    const shifted = mapMatrix(input.holdout, (value, c) => (clocks.has(c) ? value + 1000 : value));
    expect(outcome({ ...input, holdout: shifted }, 'C').value).toBe(outcome(input, 'C').value);
    const loads = mapMatrix(input.holdout, (value, c) => (c < 10 ? value * 3 : value));
    expect(outcome({ ...input, holdout: loads }, 'C').passed).toBe(false);
  });
});

describe('check D', () => {
  const matrix = (values: number[]) => ({
    values: Float64Array.from(values),
    rows: values.length,
    columns: 1,
  });
  const identity = { featureNames: ['x'], featureHash: 'h' };
  const base = {
    expected: identity,
    actual: identity,
    train: matrix([0, 0, 0]),
    holdout: matrix(Array.from({ length: 20 }, () => 0)),
    data: {
      wifiRequired: true,
      nonEmptyWindows: 3000,
      spanSeconds: 10 * 86_400,
      lineCount: 1,
      wifiLineCount: 1,
    },
  };
  const feature = { name: 'x', rareEvent: false, clock: false, categorical: false };
  /** 20 held-out windows of which `varying` are not 0. */
  const run = (varying: number, flags: Partial<typeof feature> = {}, parts: Partial<GateContext> = {}) =>
    columns.run(
      withData({
        ...base,
        features: [{ ...feature, ...flags }],
        holdoutExtracted: new Float64Array(20).fill(1, 0, varying),
        ...parts,
      }),
    );

  it('lets a column wake up in 5 % of the windows, not in more, unless it is a rare event', () => {
    expect(run(1).passed).toBe(true);
    expect(run(2).passed).toBe(false);
    expect(run(2).message).toContain('x (10 %)');
    expect(run(20, { rareEvent: true }).passed).toBe(true);
  });

  it('does not take a missing value for a change', () => {
    expect(run(0, {}, { holdoutExtracted: new Float64Array(20).fill(Number.NaN) }).passed).toBe(true);
  });

  it('excuses a constant weekday in a short span only', () => {
    const short = { data: { ...base.data, spanSeconds: 1.5 * 86_400 } };
    expect(run(20, { clock: true }, short).passed).toBe(true);
    expect(run(20, { clock: true }).passed).toBe(false);
  });

  it('names the first column that is not the feature set’s, and another hash', () => {
    const renamed = run(0, {}, { actual: { featureNames: ['y'], featureHash: 'h' } });
    expect(renamed.passed).toBe(false);
    expect(renamed.message).toContain('Column 1 is "y" in the model, but "x" in the feature set');
    expect(run(0, {}, { actual: { featureNames: [], featureHash: 'h' } }).message).toContain(
      'nothing in the model',
    );
    expect(run(0, {}, { actual: { featureNames: ['x'], featureHash: 'other' } }).passed).toBe(false);
  });
});

describe('check E', () => {
  const counts = (hit: number, alerts: number, falseAlerts: number): EpisodeCounts => ({
    episodes: 10,
    hit,
    episode_recall: hit / 10,
    alerts,
    false_alerts: falseAlerts,
    false_alerts_on_benign: 0,
    alert_precision: alerts === 0 ? null : (alerts - falseAlerts) / alerts,
    by_kind: {},
    episodes_outside: 0,
  });
  const run = (c: EpisodeCounts, source: 'ground_truth' | 'feedback' = 'ground_truth', marks = 0) =>
    labelledEpisodes.run(withData({ episodes: { labelSource: source, counts: c, marks } }));

  it('needs half of the episodes and three right alerts of ten', () => {
    expect(run(counts(5, 10, 7)).passed).toBe(true);
    expect(run(counts(4, 10, 7))).toMatchObject({ passed: false, value: 0.4, limit: 0.5 });
    expect(run(counts(5, 10, 8))).toMatchObject({ passed: false, value: 0.2, limit: 0.3 });
    expect(run(counts(5, 10, 8)).message).toContain('Lower the contamination');
    expect(run(counts(0, 0, 0)).message).toContain('Raise the contamination');
  });

  it('waits for twenty operator marks', () => {
    expect(run(counts(0, 0, 0), 'feedback', 19)).toMatchObject({ passed: true, skipped: true });
    expect(run(counts(0, 0, 0), 'feedback', 20).passed).toBe(false);
  });

  it('does not apply without labels or without an episode in the held-out windows', () => {
    expect(labelledEpisodes.run(withData({})).skipped).toBe(true);
    expect(run({ ...counts(0, 3, 3), episodes: 0, episode_recall: null }).skipped).toBe(true);
  });
});

describe('check F', () => {
  const enough = {
    wifiRequired: true,
    nonEmptyWindows: 288,
    spanSeconds: 86_400,
    lineCount: 1000,
    wifiLineCount: 10,
  };
  const run = (parts: Partial<typeof enough> | { lineCount: null }) =>
    enoughData.run(withData({ data: { ...enough, ...parts } }));

  it('accepts exactly enough', () => {
    expect(run({}).passed).toBe(true);
  });

  it('names the number that is missing', () => {
    expect(run({ nonEmptyWindows: 287 }).message).toContain('287 non-empty windows, 1 more are needed');
    expect(run({ spanSeconds: 43_200 }).message).toContain('12 hours of data, 12 more hours are needed');
    expect(run({ wifiLineCount: 9 }).message).toContain('9 WiFi lines among 1000, 1 more are needed');
  });

  it('asks for WiFi lines in the set "wifi" only', () => {
    expect(run({ wifiLineCount: 0, wifiRequired: false }).passed).toBe(true);
    expect(run({ lineCount: null }).passed).toBe(true);
  });

  it('asks a feature table for rows, not for days or lines', () => {
    const table = { wifiRequired: false, spanSeconds: null, lineCount: null, wifiLineCount: null };
    const runTable = (rows: number) =>
      enoughData.run(withData({ data: { ...table, nonEmptyWindows: rows } }));
    expect(runTable(288)).toMatchObject({ passed: true, message: '288 rows are enough.' });
    expect(runTable(200).message).toBe(
      'Not enough data: 200 rows, 88 more are needed (at least 288). Give more rows.',
    );
  });

  it('is told apart from a bad model', () => {
    const input = scenario({ seed: 1 });
    const gate = runGate({ ...input, data: { ...input.data, nonEmptyWindows: 12 } });
    expect(gate.passed).toBe(false);
    expect(gate.not_enough_data).toBe(true);
  });
});

it('every check has its own id', () => {
  expect(new Set(GATE_CHECKS.map(({ id }) => id)).size).toBe(GATE_CHECKS.length);
});
