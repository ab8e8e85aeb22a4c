import type { FeatureValues } from '../../src/features/core/preprocessing.js';
import type { EpisodeWindows } from '../../src/evaluation/core/episodes.js';
import type { EvaluationInput } from '../../src/evaluation/core/evaluation-report.js';
import type { FeatureColumn, Matrix, ScoreFunction } from '../../src/evaluation/core/gate/gate-check.js';
import { createRng, nextFloat, type RngState } from '../../src/shared/rng.js';
import { mean, percentile, populationVariance } from '../../src/shared/stats.js';
import {
  resolveForestParams,
  type ResolvedForestParams,
} from '../../src/training/core/forest/forest-params.js';
import { growTrees } from '../../src/training/core/forest/grow.js';
import { scoreSamples } from '../../src/training/core/forest/score.js';

/**
 * A small network, invented: two devices, 5-minute windows, 27 columns of the kinds that real windows have (daily
 * rhythm, counts, ratios, mostly-zero counts, events that never happen, a clock, a category).
 */
const DEVICES = 2;
const WINDOW_SECONDS = 300;

const column = (name: string, flags: Partial<FeatureColumn> = {}): FeatureColumn => ({
  name,
  rareEvent: false,
  clock: false,
  categorical: false,
  ...flags,
});

export const SCENARIO_FEATURES: readonly FeatureColumn[] = [
  ...Array.from({ length: 10 }, (_, i) => column(`load_${i}`)),
  ...Array.from({ length: 6 }, (_, i) => column(`ratio_${i}`)),
  ...Array.from({ length: 5 }, (_, i) => column(`count_${i}`)),
  ...Array.from({ length: 3 }, (_, i) => column(`rare_${i}`, { rareEvent: true })),
  column('hour', { clock: true }),
  column('weekday', { clock: true }),
  column('device_type', { categorical: true }),
];

export const SCENARIO_COLUMNS = SCENARIO_FEATURES.length;

function normal(rng: RngState): number {
  return Math.sqrt(-2 * Math.log(1 - nextFloat(rng))) * Math.cos(2 * Math.PI * nextFloat(rng));
}

function poisson(rng: RngState, rate: number): number {
  const floor = Math.exp(-rate);
  let count = 0;
  for (let product = nextFloat(rng); product > floor; product *= nextFloat(rng)) count++;
  return count;
}

/** Rows of `slots` consecutive slots from slot `from`, both devices each. */
export function networkRows(from: number, slots: number, rng: RngState): Matrix {
  const values: number[] = [];
  for (let slot = from; slot < from + slots; slot++) {
    const day = (slot % 288) / 288;
    for (let device = 0; device < DEVICES; device++) {
      const load = 30 + 15 * Math.sin(2 * Math.PI * day) + 8 * device + 4 * normal(rng);
      for (let i = 0; i < 10; i++) values.push(load * (1 + i) + 3 * (1 + i) * normal(rng));
      for (let i = 0; i < 6; i++) values.push(1 / (1 + Math.exp(2 + 0.3 * i - 0.6 * normal(rng))));
      for (let i = 0; i < 5; i++) values.push(poisson(rng, 0.2 + i));
      for (let i = 0; i < 3; i++) values.push(i === 0 || nextFloat(rng) > 0.01 ? 0 : poisson(rng, 3));
      values.push(24 * day, Math.floor(slot / 288) % 7, device);
    }
  }
  return { values: Float64Array.from(values), rows: slots * DEVICES, columns: SCENARIO_COLUMNS };
}

interface FittedPreprocessing {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly center: Float64Array;
  readonly scale: Float64Array;
}

export function fitPreprocessing({ values, rows, columns }: Matrix): FittedPreprocessing {
  const fitted = {
    low: new Float64Array(columns),
    high: new Float64Array(columns),
    center: new Float64Array(columns),
    scale: new Float64Array(columns),
  };
  for (let c = 0; c < columns; c++) {
    const one = Array.from({ length: rows }, (_, row) => values[row * columns + c]);
    fitted.low[c] = percentile(one, 0.1);
    fitted.high[c] = percentile(one, 99.9);
    const clipped = one.map((value) => Math.min(fitted.high[c], Math.max(fitted.low[c], value)));
    fitted.center[c] = mean(clipped);
    const sd = Math.sqrt(populationVariance(clipped));
    fitted.scale[c] = sd > 0 ? sd : 1;
  }
  return fitted;
}

export function clipRows(values: FeatureValues, { low, high }: FittedPreprocessing): FeatureValues {
  return values.map((value, i) => Math.min(high[i % low.length], Math.max(low[i % low.length], value)));
}

export interface TrainedScenario {
  readonly params: ResolvedForestParams;
  readonly score: ScoreFunction;
  readonly preprocessing: FittedPreprocessing;
  readonly train: Matrix;
  readonly offset: number;
}

/** Fits clipping, scaler and forest as the pipeline does; `serving` replaces the preprocessing used to score. */
export function trainScenario(
  rows: Matrix,
  seed: number,
  contamination: number,
  serving?: FittedPreprocessing,
): TrainedScenario {
  const fitted = fitPreprocessing(rows);
  const train = { ...rows, values: clipRows(rows.values, fitted) };
  const scaled = (values: FeatureValues, by: FittedPreprocessing): Float32Array =>
    Float32Array.from(
      clipRows(values, by),
      (value, i) => (value - by.center[i % by.center.length]) / by.scale[i % by.scale.length],
    );
  const params = resolveForestParams(
    {
      nEstimators: 100,
      maxSamples: 'auto',
      maxFeatures: { share: 1 },
      contamination,
      bootstrap: false,
      randomState: seed,
    },
    rows.rows,
    rows.columns,
  );
  const forest = growTrees(
    scaled(train.values, fitted),
    rows.rows,
    rows.columns,
    params,
    0,
    params.nEstimators,
  );
  const scoreWith = (values: FeatureValues, count: number, by: FittedPreprocessing): Float64Array => {
    const scores = new Float64Array(count);
    scoreSamples(forest, scaled(values, by), count, scores);
    return scores;
  };
  return {
    params,
    score: (values, count) => scoreWith(values, count, serving ?? fitted),
    preprocessing: fitted,
    train,
    offset: percentile(scoreWith(train.values, rows.rows, fitted), 100 * contamination),
  };
}

export function scenarioWindows(from: number, slots: number): EpisodeWindows {
  const rows = slots * DEVICES;
  return {
    devices: ['ap-1', 'ap-2'],
    deviceIndex: Int32Array.from({ length: rows }, (_, row) => row % DEVICES),
    startMs: Float64Array.from(
      { length: rows },
      (_, row) => Date.UTC(2024, 0, 1) + 1000 * WINDOW_SECONDS * (from + Math.floor(row / DEVICES)),
    ),
    windowSeconds: WINDOW_SECONDS,
  };
}

export interface ScenarioOptions {
  readonly seed: number;
  readonly trainSlots?: number;
  readonly holdoutSlots?: number;
  readonly contamination?: number;
  /** Damages the training rows before anything is fitted. */
  readonly damageTraining?: (rows: Matrix, rng: RngState) => Matrix;
  /** Fits the serving preprocessing from other rows. */
  readonly servingRows?: (rows: Matrix, rng: RngState) => Matrix;
}

/** A healthy evaluation input, or a damaged one. The hold-out is always sound. */
export function scenario(options: ScenarioOptions): EvaluationInput & { readonly train: Matrix } {
  const { seed, trainSlots = 1440, holdoutSlots = 432, contamination = 0.01 } = options;
  const rng = createRng(seed, 1);
  const raw = networkRows(0, trainSlots, rng);
  const heldOut = networkRows(trainSlots + 1, holdoutSlots, rng);
  const damaged = options.damageTraining?.(raw, rng) ?? raw;
  const serving = options.servingRows && fitPreprocessing(options.servingRows(raw, rng));
  const model = trainScenario(damaged, seed, contamination, serving);
  const identity = {
    featureNames: SCENARIO_FEATURES.map(({ name }) => name),
    featureHash: 'hash-of-the-spec',
  };
  return {
    features: SCENARIO_FEATURES,
    expected: identity,
    actual: identity,
    train: model.train,
    holdout: { ...heldOut, values: clipRows(heldOut.values, model.preprocessing) },
    holdoutExtracted: heldOut.values,
    score: model.score,
    data: {
      wifiRequired: true,
      nonEmptyWindows: (trainSlots + holdoutSlots) * DEVICES,
      spanSeconds: (trainSlots + 1 + holdoutSlots) * WINDOW_SECONDS,
      lineCount: 100_000,
      wifiLineCount: 80_000,
    },
    seed,
    offset: model.offset,
    contamination,
    holdoutWindows: scenarioWindows(trainSlots + 1, holdoutSlots),
    forestParams: model.params,
  };
}

/** A copy of the matrix with each value replaced. */
export function mapMatrix(
  matrix: Matrix,
  change: (value: number, column: number, row: number) => number,
): Matrix {
  const { columns } = matrix;
  return { ...matrix, values: matrix.values.map((v, i) => change(v, i % columns, Math.floor(i / columns))) };
}

export { normal as normalNumber };
