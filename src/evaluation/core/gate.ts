import type { FeatureValues } from '../../features/core/preprocessing.js';
import { AppError } from '../../shared/errors.js';
import { columns } from './gate/columns.js';
import { enoughData } from './gate/enough-data.js';
import type { GateCheck, GateCheckResult, GateContext, GateInput } from './gate/gate-check.js';
import { labelledEpisodes } from './gate/labelled-episodes.js';
import { referenceForest } from './gate/reference-forest.js';
import { scoreSpread } from './gate/score-spread.js';
import { trainHoldoutShift } from './gate/train-holdout-shift.js';
import { INJECTED_KINDS, injectAnomalies, sliceOfKind, type InjectedKind } from './injection.js';
import { trainingConstants } from './matrix-rows.js';
import { rocAucOfGroups } from './metrics.js';
import { namedRng } from './shuffle.js';

/** All must hold before a model may be promoted. A new check is a file in gate/ and an entry here. */
export const GATE_CHECKS: readonly GateCheck[] = [
  scoreSpread,
  referenceForest,
  trainHoldoutShift,
  columns,
  labelledEpisodes,
  enoughData,
];

/** What planting needs of an input. */
type PlantInput = Pick<
  GateInput,
  | 'features'
  | 'train'
  | 'trainConstants'
  | 'holdout'
  | 'holdoutDevices'
  | 'holdoutExtracted'
  | 'score'
  | 'seed'
>;

/** What planting adds to it. */
type Planted = Omit<GateContext, keyof GateInput>;

export const INJECTED_ROWS_PER_KIND = 400;

export interface GateResult {
  readonly passed: boolean;
  /** Check F failed: the input is too small to judge a model (exit code 3, not 4). */
  readonly not_enough_data: boolean;
  readonly checks: readonly GateCheckResult[];
}

export function gateResult(checks: readonly GateCheckResult[]): GateResult {
  return {
    passed: checks.every(({ passed }) => passed),
    not_enough_data: checks.some(({ id, passed }) => id === 'F' && !passed),
    checks,
  };
}

/** Held-out rows as extracted, with the imputed value where one is missing: what anomalies are planted into. */
function plantableRows({ holdout, holdoutExtracted }: PlantInput): Float32Array {
  const values = Float32Array.from(holdoutExtracted);
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) values[i] = holdout.values[i];
  return values;
}

/**
 * Columns an anomaly may change: those that the model reads, for a detector of fourteen columns owes nobody what happens in the
 * others. The clock and categories have no "beyond the range"; a rare event that training never saw is left alone too, because
 * check D allows a model to be blind to it. Where nothing is left, all that the model reads.
 */
function changeableColumns(input: PlantInput): Uint8Array {
  const constants = trainingConstants(input);
  const changeable = Uint8Array.from(input.features, ({ clock, categorical, rareEvent, unread }, column) =>
    unread === true || clock || categorical || (rareEvent && !Number.isNaN(constants[column])) ? 0 : 1,
  );
  return changeable.includes(1)
    ? changeable
    : Uint8Array.from(input.features, ({ unread }) => (unread === true ? 0 : 1));
}

/**
 * A damaged scaler gives rows that the kernel refuses to score. That is a verdict about the model (check A fails), not
 * a failure of the evaluation, so such scores become NaN.
 */
function scoreOrNaN(
  { score }: PlantInput,
  values: FeatureValues,
  rows: number,
  devices: Int32Array | null,
): Float64Array {
  try {
    return score(values, rows, devices);
  } catch (error) {
    if (error instanceof AppError && error.code === 'validation_failed')
      return new Float64Array(rows).fill(Number.NaN);
    throw error;
  }
}

/** Plants anomalies into the hold-out and scores both, once for all checks and for the report. */
export function plantAndScore(input: PlantInput): Planted {
  const { holdout, seed } = input;
  const plantable = plantableRows(input);
  const plantedColumns = changeableColumns(input);
  const injected = injectAnomalies(plantable, holdout.rows, holdout.columns, {
    rowsPerKind: INJECTED_ROWS_PER_KIND,
    perturb: plantedColumns,
    rng: namedRng(seed, 'injection'),
  });
  const devices = input.holdoutDevices ?? null;
  const holdoutScores = scoreOrNaN(input, holdout.values, holdout.rows, devices);
  // A planted row belongs to the device of the row it was made from.
  const injectedDevices = devices && injected.sourceRow.map((row) => devices[row]);
  const injectedScores = scoreOrNaN(input, injected.values, injected.rows, injectedDevices);
  // Lower score_samples = more anomalous, so the planted rows are the "normal" group of a rising score.
  const auc = (kind: InjectedKind): number | null =>
    rocAucOfGroups(sliceOfKind(injectedScores, injected, kind), holdoutScores);
  const injectedAuc = Object.fromEntries(INJECTED_KINDS.map((kind) => [kind, auc(kind)])) as Record<
    InjectedKind,
    number | null
  >;
  return { holdoutScores, plantable, injected, plantedColumns, injectedDevices, injectedScores, injectedAuc };
}

export function prepareGate(input: GateInput): GateContext {
  return { ...input, ...plantAndScore(input) };
}

/** Runs every check, also after one failed: a user should see all problems at once. */
export function runGate(input: GateInput | GateContext): GateResult {
  const context = 'injectedScores' in input ? input : prepareGate(input);
  return gateResult(GATE_CHECKS.map(({ id, name, run }) => ({ id, name, ...run(context) })));
}
