import { Injectable } from '@nestjs/common';
import type { ModelConfig } from '../platform/config/schema/model.schema.js';
import { DetectorTrainerService } from '../training/detector-trainer.service.js';
import { imputeAndClip } from '../features/core/preprocess.js';
import { columnFamilies, type ColumnTraits } from '../training/core/detectors/column-families.js';
import { groupDevices, noGroups } from '../training/core/detectors/device-groups.js';
import type { FittedDetector } from '../training/core/detectors/fitted-detector.js';
import {
  parseForestParams,
  resolveForestParams,
  type ResolvedForestParams,
} from '../training/core/forest/forest-params.js';
import type { Forest } from '../training/core/forest/forest.js';
import type { PreparedDataset } from '../training/core/prepare-dataset.js';
import { chooseOffset, type ThresholdChoice } from '../training/core/threshold-policy.js';
import { ForestTrainerService, type FitOptions } from '../training/forest-trainer.service.js';
import { calibrates, detectorParams, hasDetector, hyperparameters } from './detector-settings.js';
import type { RunConfig } from './run-config.js';
import { thresholdChoice } from './threshold-choice.js';

/** A detector of its own beside the forest, with its threshold. */
export interface DetectorOutcome {
  readonly fitted: FittedDetector;
  /** Scores below it are anomalies (scikit-learn's sign). */
  readonly offset: number;
  /** Final scores of the training rows, scikit-learn's sign. */
  readonly servedScores: Float64Array;
}

export interface FitOutcome {
  readonly params: ResolvedForestParams;
  /** The model, or what its pickle falls back on when there is a detector. */
  readonly forest: Forest;
  readonly forestOffset: number;
  readonly forestScores: Float64Array;
  /** null = the plain forest is the model. */
  readonly detector: DetectorOutcome | null;
}

export interface FitRows {
  readonly data: PreparedDataset;
  /** What the catalogue says about each column. */
  readonly features: readonly ColumnTraits[];
  readonly devices: readonly string[];
  /** Training row -> device. */
  readonly trainDevices: Int32Array;
  /** Rows that one device gives in a day; null: the rows have no times. */
  readonly rowsPerDay: number | null;
}

/** Fits the configured model: the forest that every version has, and the detector if it is another one. */
@Injectable()
export class ModelFitService {
  constructor(
    private readonly forests: ForestTrainerService,
    private readonly detectors: DetectorTrainerService,
  ) {}

  async fit(rows: FitRows, { values }: RunConfig, options: FitOptions): Promise<FitOutcome> {
    const { data } = rows;
    const { model } = values;
    const forestParams = parseForestParams(hyperparameters(model));
    const params = resolveForestParams(forestParams, data.trainRows, data.columns);
    const matrix = { x: data.trainScaled, rows: data.trainRows, columns: data.columns };
    const { forest, scores: forestScores } = await this.forests.fitAndScore(matrix, params, options);
    const choice = thresholdChoice({ values }, rows.rowsPerDay);
    const detector = hasDetector(model) ? await this.fitDetector(rows, model, forest, choice, options) : null;
    // A fixed score is one of the detector; the forest beside it keeps the configured share.
    const fallback = detector !== null && choice.policy === 'explicit';
    const forestOffset = chooseOffset(
      forestScores,
      fallback ? { ...choice, policy: 'contamination' } : choice,
    );
    return { params, forest, forestOffset, forestScores, detector };
  }

  private async fitDetector(
    { data, features, devices, trainDevices }: FitRows,
    model: ModelConfig,
    forest: Forest,
    choice: ThresholdChoice,
    { signal }: FitOptions,
  ): Promise<DetectorOutcome> {
    const calibrate = calibrates(model);
    const { fitted, scores, served } = await this.detectors.fit(
      {
        type: model.type,
        x: data.trainScaled,
        raw: cleanedRows(data),
        rows: data.trainRows,
        columns: data.columns,
        families: columnFamilies(features),
        devices: trainDevices,
        groups: calibrate
          ? groupDevices(devices, trainDevices, model.calibration_min_windows)
          : noGroups(devices),
        calibrate,
        params: detectorParams(model),
        seed: model.random_state,
        forest,
      },
      { signal },
    );
    return { fitted, servedScores: served, offset: chooseOffset(scores, choice) };
  }
}

/** Training rows imputed and clipped, before scaling; shared with the thread. */
function cleanedRows({ trainValues, trainRows, columns, preprocessing }: PreparedDataset): Float32Array {
  const out = new Float32Array(new SharedArrayBuffer(trainValues.length * Float32Array.BYTES_PER_ELEMENT));
  imputeAndClip(trainValues, trainRows, columns, preprocessing, out);
  return out;
}
