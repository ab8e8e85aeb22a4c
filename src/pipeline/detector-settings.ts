import type { ModelConfig } from '../platform/config/schema/model.schema.js';
import type { Hyperparameters } from '../registry/trained-model.js';
import type { DetectorParams, DetectorType } from '../training/core/detectors/detector.js';

export function hyperparameters(model: ModelConfig): Hyperparameters {
  return {
    n_estimators: model.n_estimators,
    max_samples: model.max_samples,
    contamination: model.contamination,
    max_features: model.max_features,
    bootstrap: model.bootstrap,
    random_state: model.random_state,
  };
}

export function calibrates({ type, calibration }: ModelConfig): boolean {
  return calibration === 'auto' ? type !== 'isolation_forest' : calibration === 'device';
}

/** Everything but a forest with one threshold for all, which is what the pickle can say. */
export function hasDetector(model: ModelConfig): boolean {
  return model.type !== 'isolation_forest' || calibrates(model);
}

export function detectorParams(model: ModelConfig): DetectorParams {
  return {
    tail: {
      tau: model.tail.tau_nats,
      margin: model.tail.margin,
      trim: model.tail.trim,
      blocks: model.tail.blocks,
    },
    supportFraction: model.robust_covariance.support_fraction,
    neighbours: model.local_outlier_factor.neighbours,
    referenceRows: model.local_outlier_factor.reference_windows,
    members: model.ensemble.members,
  };
}

/** What the configured model is made of: its type, or the members of an ensemble. */
export function configuredDetectors({ type, ensemble }: ModelConfig): readonly DetectorType[] {
  return type === 'ensemble' ? ensemble.members : [type];
}
