import type { FeatureValues } from '../../../features/core/preprocessing.js';
import {
  explainRow,
  scoreOfRaw,
  type FittedDetector,
} from '../../../training/core/detectors/fitted-detector.js';
import type { DetectorTools } from '../../../training/core/detectors/detector.js';
import type { ForestEngine } from '../../../training/core/forest/forest-engine.js';
import { isAnomaly } from '../../../training/core/threshold.js';
import {
  explainFlagged,
  otherContribution,
  prepareRow,
  topColumns,
  valueOf,
  type ExplainableModel,
  type FeatureExplanation,
  type PreparedRow,
  type RowExplanation,
} from './explain-flagged.js';
import { nearestByBisection } from './nearest-by-bisection.js';
import { nearestNormal, NOTHING, type SuggestedValue, type SuggestedValues } from './nearest-normal.js';
import { explainRows } from './path-attribution.js';
import { scaledValue } from '../../../features/core/preprocess.js';

/** A model of any kind. `offset` is the detector's where there is one. */
export interface AnyModel extends ExplainableModel {
  /** null: the forest is the model. */
  readonly detector: FittedDetector | null;
}

/** Rows of a scored table, and whose they are. */
export interface ChosenRows {
  /** The table's values as extracted, rows x columns, row-major, NaN = missing. */
  readonly values: FeatureValues;
  readonly rows: readonly number[];
  /** Row of the table -> device of the model, -1 = unknown; null: none is known. */
  readonly devices: Int32Array | null;
}

/**
 * Explains rows by the model that scored them.
 *
 * A detector's raw score is a sum over the features (`Detector.explain`); a calibrated forest's is the exact attribution
 * of path-attribution.ts. The final score is a rising curve of the raw one, so that all contributions are multiplied by
 * the one factor that makes them add up on its scale, as scoreAttribution() does for the path length. What would have
 * been normal is known for a forest (exact) and for tail probabilities (nearest-by-bisection.ts), else for no feature.
 *
 * @param topCount features a row at most
 * @throws AppError `internal` for a row that is not there, `validation_failed` for a value that is still missing or
 *   infinite after imputation and clipping
 */
export function explainModel(
  model: AnyModel,
  { values, rows, devices }: ChosenRows,
  topCount: number,
  engine: ForestEngine,
): RowExplanation[] {
  const { detector } = model;
  if (detector === null) return explainFlagged(model, values, rows, topCount);
  const tools = { forest: model.forest, engine };
  return rows.map((row) => {
    const prepared = prepareRow(model, values, row);
    const scorer = createScorer(detector, devices?.[row] ?? -1, tools);
    return explainByDetector({ model, prepared, scorer }, topCount);
  });
}

/** A detector as it scores the rows of one device. */
interface DeviceScorer {
  readonly detector: FittedDetector;
  readonly device: number;
  readonly tools: DetectorTools;
  /** Final score of a raw one. */
  readonly final: (raw: number) => number;
}

interface OneRow {
  readonly model: ExplainableModel;
  readonly prepared: PreparedRow;
  readonly scorer: DeviceScorer;
}

function createScorer(detector: FittedDetector, device: number, tools: DetectorTools): DeviceScorer {
  return { detector, device, tools, final: (raw) => scoreOfRaw(detector, raw, device) };
}

function explainByDetector(row: OneRow, topCount: number): RowExplanation {
  const { model, prepared, scorer } = row;
  const { base, raw, contributions } = rawAttribution(scorer, prepared);
  const score = scorer.final(raw);
  const baseScore = scorer.final(base);
  const factor = raw === base ? 0 : (score - baseScore) / (raw - base);
  const scaled = contributions.map((value) => value * factor);
  const top = topColumns(scaled, topCount).map((column): FeatureExplanation => ({
    ...valueOf(model, prepared, column),
    contribution: scaled[column],
    path_length_contribution: null,
    ...suggestedValues(row, column),
  }));
  return {
    score,
    base_score: baseScore,
    path_length: null,
    expected_path_length: null,
    top,
    other_contribution: otherContribution(score, baseScore, top),
  };
}

/** base + sum of contributions = raw. */
interface RawAttribution {
  readonly base: number;
  readonly raw: number;
  readonly contributions: Float64Array;
}

function rawAttribution(
  { detector, device, tools }: DeviceScorer,
  { scaled, clean }: PreparedRow,
): RawAttribution {
  if (detector.type !== 'isolation_forest')
    return { base: 0, ...explainRow(detector, { x: scaled, raw: Float32Array.from(clean) }, device, tools) };
  const [{ score }] = explainRows(tools.forest, scaled, [0]);
  return { base: score.baseScore, raw: score.score, contributions: score.contributions };
}

function suggestedValues({ model, prepared, scorer }: OneRow, column: number): SuggestedValues {
  const feature = model.features[column];
  const { detector, device, tools, final } = scorer;
  if (detector.type === 'isolation_forest') {
    const offset = -highestNormalRaw(final, model.offset);
    const plain = { forest: tools.forest, preprocessing: model.preprocessing, offset };
    const found = nearestNormal(plain, feature, prepared.scaled, column, prepared.extracted[column]);
    const calibrated = (suggested: SuggestedValue | null): SuggestedValue | null =>
      suggested && { ...suggested, score: final(suggested.score) };
    return { nearest_normal: calibrated(found.nearest_normal), best: calibrated(found.best) };
  }
  if (detector.type !== 'tail_probability') return NOTHING;
  const { preprocessing, offset } = model;
  const changed = { x: prepared.scaled.slice(), raw: Float32Array.from(prepared.clean) };
  return nearestByBisection({
    feature,
    present: prepared.clean[column],
    anchors: [
      preprocessing.imputeValue[column],
      preprocessing.mean[column],
      0,
      preprocessing.clipLow[column],
      preprocessing.clipHigh[column],
    ],
    scoreAt: (value) => {
      changed.x[column] = scaledValue(value, column, preprocessing);
      changed.raw[column] = value;
      return final(explainRow(detector, changed, device, tools).raw);
    },
    isFlagged: (score) => isAnomaly(-score, offset),
  });
}

/** The highest raw score of a forest (0..1) that is not flagged after calibration, to the last bit. */
function highestNormalRaw(final: (raw: number) => number, offset: number): number {
  let normal = 0;
  let flagged = 1;
  for (;;) {
    const middle = normal + (flagged - normal) / 2;
    if (middle <= normal || middle >= flagged) return normal;
    if (isAnomaly(-final(middle), offset)) flagged = middle;
    else normal = middle;
  }
}
