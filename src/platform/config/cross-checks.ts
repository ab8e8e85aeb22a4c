import { isWithin, type ConfigPaths } from './config-paths.js';
import type { ProblemList } from './problem-list.js';
import type { TrainingServiceConfig } from './schema/training-service-config.js';

/** Dotted key -> source that set it; 'default' = nobody did. */
export type ConfigSources = Readonly<Partial<Record<string, string>>>;

/** Rules between keys, checked on the merged values. A problem is laid at the key that is
 * easiest to change, under its source or under `blame`: a request is to blame when the service was right before it. */
export function crossCheck(
  values: TrainingServiceConfig,
  sources: ConfigSources,
  paths: ConfigPaths,
  problems: ProblemList,
  blame?: string,
): void {
  const add = (path: string, message: string): void => {
    problems.add(blame ?? sources[path] ?? 'default', path, 'wrong_combination', message);
  };
  const { window } = values.features;
  if (window.stride > window.length) {
    add(
      'features.window.stride',
      `(${window.stride}) must not be above features.window.length (${window.length}): lines between two windows would be lost`,
    );
  }
  if (window.context < window.length) {
    add(
      'features.window.context',
      `(${window.context}) must not be below features.window.length (${window.length})`,
    );
  }
  const { test_size: test, validation_size: validation } = values.training;
  // 1e-9: 0.8 + 0.1 is a little above 0.9 in binary.
  if (test + validation > 0.9 + 1e-9) {
    add(
      'training.test_size',
      `(${test}) and training.validation_size (${validation}) leave less than a tenth of the data for training`,
    );
  }
  const { threshold } = values.model;
  if (threshold.policy === 'explicit' && threshold.value === null) {
    add('model.threshold.value', 'is missing: the policy "explicit" needs a score from 0 to 1');
  }
  if (values.model.type === 'ensemble' && values.model.ensemble.members.length < 2) {
    add('model.ensemble.members', 'must name at least two detectors: one alone is no ensemble');
  }
  checkArtifacts(values, add);
  checkTargets(values, sources, add);
  checkDirectories(paths, add);
}

function checkArtifacts(
  { storage: { artifacts } }: TrainingServiceConfig,
  add: (path: string, message: string) => void,
): void {
  if (artifacts.kind !== 's3') return;
  if (artifacts.bucket === null) add('storage.artifacts.bucket', 'is missing: the kind "s3" needs it');
  if ((artifacts.access_key_id === null) !== (artifacts.secret_access_key === null)) {
    const missing = artifacts.access_key_id === null ? 'access_key_id' : 'secret_access_key';
    add(`storage.artifacts.${missing}`, 'is missing: the access key and its secret belong together');
  }
}

function checkTargets(
  values: TrainingServiceConfig,
  sources: ConfigSources,
  add: (path: string, message: string) => void,
): void {
  for (const [name, target] of Object.entries(values.deployment.targets)) {
    const path = `deployment.targets.${name}`;
    if (sources[`${path}.directory`] === undefined) add(`${path}.directory`, 'is missing');
    if (target.type !== 'sftp') continue;
    for (const key of ['host', 'username', 'host_key'] as const) {
      if (target[key] === null) add(`${path}.${key}`, 'is missing: a target of the type sftp needs it');
    }
  }
}

/** The models directory holds version directories only, so nothing else may live in it. */
function checkDirectories(paths: ConfigPaths, add: (path: string, message: string) => void): void {
  const others = { data_dir: paths.dataDir, exports_dir: paths.exportsDir, logs_dir: paths.logsDir };
  for (const [key, directory] of Object.entries(others)) {
    if (isWithin(directory, paths.modelsDir)) {
      add(`storage.${key}`, 'must not be the models directory or lie in it (storage.directory)');
    }
  }
}

/** Settings that a person made and that do nothing. */
export function findWarnings(values: TrainingServiceConfig, sources: ConfigSources): string[] {
  const warnings: string[] = [];
  const warn = (path: string, message: string): void => {
    warnings.push(`${sources[path] ?? 'default'}: ${path} ${message}`);
  };
  const { training, monitoring, model } = values;
  if (training.early_stopping)
    warn('training.early_stopping', 'has no effect: a forest has no epochs to stop');
  if (training.patience !== 10) warn('training.patience', 'has no effect: a forest has no epochs to stop');
  if (training.enable_gpu) warn('training.enable_gpu', 'has no effect: training uses the processor');
  if (monitoring.prometheus_port !== 9091) {
    warn('monitoring.prometheus_port', 'has no effect: /metrics answers on api.port');
  }
  if (model.threshold.value !== null && model.threshold.policy !== 'explicit') {
    warn('model.threshold.value', `has no effect with the policy "${model.threshold.policy}"`);
  }
  return warnings;
}
