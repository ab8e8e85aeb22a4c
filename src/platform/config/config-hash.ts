import { canonicalJson, sha256Hex } from '../../shared/digest.js';
import type { TrainingServiceConfig } from './schema/training-service-config.js';

/** Keys of `training` that say how a run is carried out, not what comes out of it. */
const EXECUTION_ONLY = new Set([
  'n_jobs',
  'max_training_time',
  'max_memory_usage',
  'enable_gpu',
  'early_stopping',
  'patience',
]);

/**
 * SHA-256 of the values that shape a model: model, features, training (without threads and limits, which never change
 * a result), storage.sklearn_version and evaluation. The order of keys does not matter.
 */
export function runConfigHash(values: TrainingServiceConfig): string {
  const training = Object.fromEntries(
    Object.entries(values.training).filter(([key]) => !EXECUTION_ONLY.has(key)),
  );
  const { model, features, evaluation, storage } = values;
  return sha256Hex(
    canonicalJson({
      model,
      features,
      training,
      evaluation,
      storage: { sklearn_version: storage.sklearn_version },
    }),
  );
}
