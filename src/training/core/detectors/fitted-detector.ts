import { percentileSorted } from '../../../shared/stats.js';
import { assertFinite } from '../forest/score.js';
import { detectorOf } from './detector-list.js';
import type {
  Detector,
  DetectorFit,
  DetectorModel,
  DetectorRows,
  DetectorTools,
  DetectorType,
} from './detector.js';
import { groupsOfRows, type DeviceGroups } from './device-groups.js';
import { rowsOfGroup } from './group-rows.js';
import { firstAtLeast, fitLevels, levelOf, type LevelTables } from './level-tables.js';

/** A detector that learnt its rows, with calibration. Plain data: goes to a thread and into detector.bin as it is. */
export interface FittedDetector extends DeviceGroups {
  readonly type: DetectorType;
  readonly columns: number;
  readonly model: DetectorModel;
  /** Makes raw scores of different groups comparable; null = they are, or were asked to stay as they are. */
  readonly levels: LevelTables | null;
  /** Evidence at which the score is 0.5, one a group: the detector's alert line, or what 1 % of the training rows exceed. */
  readonly scale: Float64Array;
  /** Training scores of each group, ascending, as many as {@link MAX_KEPT}: what a score is compared with for its confidence. */
  readonly kept: readonly Float64Array[];
}

export interface FitResult {
  readonly fitted: FittedDetector;
  /**
   * Final scores of the training rows, scikit-learn's sign (-1..0), as if they had not been learnt (where the detector can
   * tell): thresholds are chosen from them.
   */
  readonly scores: Float64Array;
  /** The same rows as the model scores them when it serves. */
  readonly served: Float64Array;
}

/** Training scores kept for one group: confidence in steps of a hundredth of a percent is finer than anybody reads it. */
const MAX_KEPT = 10_000;
/** 1 % of the training rows lie beyond the score 0.5. */
const HALF_PERCENTILE = 99;

/**
 * Fits a detector and what makes its scores readable.
 *
 * @param calibrate false: raw scores are taken as they are (one group then, unless the detector compares by itself)
 */
export function fitDetector(
  type: DetectorType,
  input: DetectorFit,
  devices: DeviceGroups,
  calibrate: boolean,
): FitResult {
  assertFinite(input.x, input.columns, 0, input.rows);
  const detector = detectorOf(type);
  const { model, raw, served, scale: ownScale } = detector.fit(input);
  const groups = Array.from({ length: input.groupCount }, (_, group) => rowsOfGroup(input, group));
  const pick = (values: Float64Array, rows: Int32Array): Float64Array =>
    Float64Array.from(rows, (row) => values[row]);
  const levels = calibrate && !detector.comparable ? fitLevels(groups.map((rows) => pick(raw, rows))) : null;
  const evidence = raw.map((value, row) => evidenceOf(levels, input.groups[row], value));
  const scale = ownScale ?? new Float64Array(input.groupCount).fill(halfLine(evidence));
  const final = (value: number, row: number): number => finalScore(value, scale[input.groups[row]]);
  const scores = evidence.map(final);
  const kept = groups.map((rows) =>
    thinned(
      pick(scores, rows)
        .map((score) => -score)
        .sort(),
    ),
  );
  const { devices: names, groupOfDevice, groupCount } = devices;
  const { columns } = input;
  const fitted = { type, columns, devices: names, groupOfDevice, groupCount, model, levels, scale, kept };
  const asServed = served?.map((value, row) => final(evidenceOf(levels, input.groups[row], value), row));
  return { fitted, scores, served: asServed ?? scores };
}

function halfLine(evidence: Float64Array): number {
  const half = percentileSorted(evidence.slice().sort(), HALF_PERCENTILE);
  return half > 0 ? half : 1;
}

function evidenceOf(levels: LevelTables | null, group: number, raw: number): number {
  return levels === null ? raw : levelOf(levels, group, raw);
}

/** Evidence L >= 0 -> -(L / (L + scale)): monotone, -0.5 at the scale, never -1. */
function finalScore(evidence: number, scale: number): number {
  return -(evidence / (evidence + scale));
}

/** Evenly spaced order statistics with both ends, at most {@link MAX_KEPT}. */
function thinned(sorted: Float64Array): Float64Array {
  const n = sorted.length;
  if (n <= MAX_KEPT) return sorted;
  return Float64Array.from(
    { length: MAX_KEPT },
    (_, i) => sorted[Math.round((i * (n - 1)) / (MAX_KEPT - 1))],
  );
}

/**
 * Final scores of rows, scikit-learn's sign: -1..0, lower = more anomalous.
 *
 * @param values the rows, imputed and clipped as the training rows were; `x` scaled, `raw` not
 * @param devices row -> device of the model, -1 = unknown; null = all unknown
 * @throws AppError `validation_failed` when a value is not a number
 */
export function scoreWithDetector(
  fitted: FittedDetector,
  { x, raw }: Pick<DetectorRows, 'x' | 'raw'>,
  rows: number,
  devices: Int32Array | null,
  tools: DetectorTools,
): Float64Array {
  const { columns, levels, scale, type, model } = fitted;
  assertFinite(x, columns, 0, rows);
  const groups = groupsOfRows(fitted, devices, rows);
  const out = new Float64Array(rows);
  const input: DetectorRows = { x, raw, rows, columns, groups };
  detectorOf(type).score(model, input, out, tools);
  for (let row = 0; row < rows; row++)
    out[row] = finalScore(evidenceOf(levels, groups[row], out[row]), scale[groups[row]]);
  return out;
}

/**
 * How sure one may be that a row is unlike the training rows of its device: 1 - the conformal p-value
 * (1 + training rows that score at least as high) / (n + 1). Of normal rows a share of p gets a confidence above 1 - p;
 * it never reaches 1, because n rows cannot say more than n / (n + 1).
 *
 * @param score as people see it, 0..1, higher = more anomalous
 * @param device of the model; -1 = unknown
 */
export function confidenceOf(fitted: FittedDetector, score: number, device: number): number {
  const group = device >= 0 && device < fitted.groupOfDevice.length ? fitted.groupOfDevice[device] : 0;
  const kept = fitted.kept[group];
  return firstAtLeast(kept, score) / (kept.length + 1);
}

/** What each column adds to the raw score of a row; see the detector for what raw means. */
export interface DetectorExplanation {
  readonly raw: number;
  /** Length columns; they add up to `raw`. */
  readonly contributions: Float64Array;
}

/** @param row one preprocessed row, `x` scaled, `raw` not */
export function explainRow(
  fitted: FittedDetector,
  { x, raw: values }: Pick<DetectorRows, 'x' | 'raw'>,
  device: number,
  tools: DetectorTools,
): DetectorExplanation {
  const groups = groupsOfRows(fitted, Int32Array.of(device), 1);
  const detector: Detector = detectorOf(fitted.type);
  const row: DetectorRows = { x, raw: values, rows: 1, columns: fitted.columns, groups };
  const score = new Float64Array(1);
  detector.score(fitted.model, row, score, tools);
  return { raw: score[0], contributions: detector.explain(fitted.model, row, tools) };
}

/** Final score (0..1, higher = more anomalous) that a raw score has for a device of the model; never falls as raw rises. */
export function scoreOfRaw(fitted: FittedDetector, raw: number, device: number): number {
  const [group] = groupsOfRows(fitted, Int32Array.of(device), 1);
  return -finalScore(evidenceOf(fitted.levels, group, raw), fitted.scale[group]);
}
