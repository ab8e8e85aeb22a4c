import type { TrainingServiceConfig } from '../platform/config/schema/training-service-config.js';

/** The sections of the configuration that one run depends on; resolved when the run is created, stored with it. */
export type RunSections = Pick<
  TrainingServiceConfig,
  'model' | 'features' | 'training' | 'storage' | 'evaluation' | 'monitoring'
>;

export interface RunConfig {
  readonly values: RunSections;
  /** SHA-256 over the sections that shape the model. */
  readonly hash: string;
}

export function runConfig({
  values,
  hash,
}: {
  readonly values: TrainingServiceConfig;
  readonly hash: string;
}): RunConfig {
  const { model, features, training, storage, evaluation, monitoring } = values;
  return { values: { model, features, training, storage, evaluation, monitoring }, hash };
}
