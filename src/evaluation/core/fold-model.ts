import {
  fitPreprocessing,
  identityPreprocessing,
  imputeAndClip,
  scaleToFloat32,
} from '../../features/core/preprocess.js';
import type {
  FeatureValues,
  Preprocessing,
  PreprocessingOptions,
} from '../../features/core/preprocessing.js';
import type { ColumnSet } from '../../features/core/table-set.js';
import { hashSeed } from '../../shared/rng.js';
import type { ForestEngine } from '../../training/core/forest/forest-engine.js';
import {
  parseForestParams,
  resolveForestParams,
  type PlainForestParams,
} from '../../training/core/forest/forest-params.js';
import { columnFamilies } from '../../training/core/detectors/column-families.js';
import type {
  DetectorFit,
  DetectorParams,
  DetectorTools,
  DetectorType,
} from '../../training/core/detectors/detector.js';
import { groupDevices, groupsOfRows, noGroups } from '../../training/core/detectors/device-groups.js';
import {
  fitDetector,
  scoreWithDetector,
  type FitResult,
} from '../../training/core/detectors/fitted-detector.js';
import { chooseOffset, type ThresholdChoice } from '../../training/core/threshold-policy.js';
import type { FoldRows } from './fold-rows.js';
import type { ScoreFunction } from './gate/gate-check.js';

/** A model of one fold with its whole serving path. */
export interface FoldModel {
  readonly preprocessing: Preprocessing;
  /** Devices are those of the fold's windows. */
  readonly score: ScoreFunction;
  /** scikit-learn's offset_. */
  readonly offset: number;
}

/** A detector of its own beside the forest; plain data. */
export interface FoldDetector {
  readonly type: DetectorType;
  readonly params: DetectorParams;
  readonly calibrate: boolean;
  /** Windows of the past from which a device is calibrated by itself; a sample of them needs the same share. */
  readonly minRows: number;
}

/** The settings of the model that is cross-validated; plain data. */
export interface FoldSettings {
  readonly set: Pick<ColumnSet, 'features' | 'preprocessing'>;
  readonly options: PreprocessingOptions;
  readonly params: PlainForestParams;
  readonly threshold: ThresholdChoice;
  /** null = the plain forest is the model. */
  readonly detector: FoldDetector | null;
}

/** Keeps the seeds of the folds apart from the final model's. */
const FOLD_STREAM = 0x666f6c64;
/** Fewer rows are no distribution of their own, whatever share of the past they are. */
const FEWEST_ROWS = 50;

/** Fits preprocessing, model and threshold on the rows of one fold, as a training does on its own. */
export function fitFold(
  settings: FoldSettings,
  engine: ForestEngine,
  fold: FoldRows,
  number: number,
): FoldModel {
  const { set, options, params, threshold } = settings;
  const { values, rows, columns } = fold.train;
  const preprocessing =
    set.preprocessing === 'identity'
      ? identityPreprocessing(rows, columns)
      : fitPreprocessing(values, rows, columns, options, set.features);
  const cleaned = (from: FeatureValues, count: number): Float32Array => {
    const raw = new Float32Array(count * columns);
    imputeAndClip(from, count, columns, preprocessing, raw);
    return raw;
  };
  const scaled = (raw: Float32Array, count: number): Float32Array => {
    const x = new Float32Array(count * columns);
    scaleToFloat32(raw, count, columns, preprocessing, x);
    return x;
  };
  const seed = hashSeed(hashSeed(params.random_state, FOLD_STREAM), number);
  const resolved = { ...resolveForestParams(parseForestParams(params), rows, columns), seed };
  const raw = cleaned(values, rows);
  const x = scaled(raw, rows);
  const forest = engine.growTrees(x, rows, columns, resolved, 0, resolved.nEstimators);
  if (settings.detector !== null) {
    const tools = { forest, engine };
    const { fitted, scores } = fitFoldDetector(settings, settings.detector, { fold, raw, x, seed, tools });
    return {
      preprocessing,
      offset: chooseOffset(scores, threshold),
      score: (from, count, devices) => {
        const part = cleaned(from, count);
        return scoreWithDetector(fitted, { raw: part, x: scaled(part, count) }, count, devices, tools);
      },
    };
  }
  const scores = new Float64Array(rows);
  engine.scoreSamples(forest, x, rows, scores);
  return {
    preprocessing,
    offset: chooseOffset(scores, threshold),
    score: (from, count) => {
      const out = new Float64Array(count);
      engine.scoreSamples(forest, scaled(cleaned(from, count), count), count, out);
      return out;
    },
  };
}

interface PreparedFold {
  readonly fold: FoldRows;
  readonly raw: Float32Array;
  readonly x: Float32Array;
  readonly seed: number;
  readonly tools: DetectorTools;
}

function fitFoldDetector(
  { set }: FoldSettings,
  { type, params, calibrate, minRows }: FoldDetector,
  { fold, raw, x, seed, tools }: PreparedFold,
): FitResult {
  const { rows, columns } = fold.train;
  const { devices } = fold.windows;
  const least = Math.max(FEWEST_ROWS, Math.ceil((minRows * rows) / fold.trainRows));
  const groups = calibrate ? groupDevices(devices, fold.trainDevices, least) : noGroups(devices);
  const input: DetectorFit = {
    x,
    raw,
    rows,
    columns,
    groups: groupsOfRows(groups, fold.trainDevices, rows),
    groupCount: groups.groupCount,
    params,
    families: columnFamilies(set.features),
    seed,
    tools,
  };
  return fitDetector(type, input, groups, calibrate);
}
