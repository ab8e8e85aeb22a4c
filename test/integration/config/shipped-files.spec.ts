import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { mergeTrees, toPlain, type PlainTree } from '../../../src/platform/config/plain-tree.js';
import { ConfigSandbox } from './config-sandbox.js';

const ROOT = join(import.meta.dirname, '../../..');

describe('the files in config/', () => {
  it('are accepted without a warning and say what the code defaults say', () => {
    const shipped = loadConfig({ packageRoot: ROOT, env: {}, cwd: new ConfigSandbox().root });
    const defaults = new ConfigSandbox().load();
    expect(shipped.warnings).toEqual([]);
    // The files list the names of the design documents; the code asks for none.
    const noNames = { numeric: [], categorical: [], temporal: [], derived: [] };
    const plain = toPlain(shipped.values) as PlainTree;
    expect(mergeTrees(plain, { features: noNames })).toEqual(toPlain(defaults.values));
    expect(shipped.sources['model.contamination']).toBe('config/model_config.yaml');
  });

  it('are all read', () => {
    const files = readdirSync(join(ROOT, 'config')).filter((name) => name.endsWith('.yaml'));
    const { sources } = loadConfig({ packageRoot: ROOT, env: {}, cwd: new ConfigSandbox().root });
    const read = new Set(Object.values(sources));
    for (const file of files) expect(read).toContain(`config/${file}`);
  });
});

describe('the presets', () => {
  const presets = readdirSync(join(ROOT, 'config/presets'));

  it.each(presets)('%s is a configuration as it is', (name) => {
    const configFile = join(ROOT, 'config/presets', name);
    const { values, warnings } = loadConfig({
      packageRoot: ROOT,
      env: {},
      cwd: new ConfigSandbox().root,
      configFile,
    });
    expect(warnings).toEqual([]);
    expect(values.features.set).toBe('wifi');
  });

  it('detection asks for the tail detector and its own alert line', () => {
    const configFile = join(ROOT, 'config/presets/detection.yaml');
    const { values } = loadConfig({ packageRoot: ROOT, env: {}, cwd: new ConfigSandbox().root, configFile });
    expect(values.model).toMatchObject({
      type: 'tail_probability',
      calibration: 'device',
      tail: { tau_nats: 2, margin: 3, trim: 0.02, blocks: 11 },
      threshold: { policy: 'explicit', value: 0.5 },
    });
    expect(values.features.clip).toBe('none');
  });
});

describe('the files of the original design', () => {
  const MODEL = `
version: '2.0.0'
model: {type: isolation_forest, n_estimators: 100, max_samples: auto, contamination: 0.1, random_state: 42, bootstrap: true, max_features: 1.0}
features:
  numeric: [auth_failure_ratio, deauth_ratio]
  categorical: [device_type, connection_type]
  temporal: [mean_hour_of_day]
  derived: [signal_strength_trend]
training: {test_size: 0.2, validation_size: 0.1, random_state: 42, n_jobs: -1, cross_validation_folds: 5, early_stopping: true, patience: 10}
storage: {directory: models, version_format: '%Y%m%d_%H%M%S', keep_last_n_versions: 5, backup_enabled: true, compression: true}
evaluation:
  metrics: [accuracy, precision, recall, f1_score, roc_auc, average_precision]
  thresholds: {accuracy: 0.8, precision: 0.7, recall: 0.7, f1_score: 0.7, roc_auc: 0.8}
  cross_validation: true
database: {table_name: log_entries, wifi_programs: [hostapd, wpa_supplicant], batch_size: 1000, max_records: 100000}
monitoring:
  enable_drift_detection: true
  drift_threshold: 0.1
  performance_tracking: true
  resource_monitoring: true
  alerting: {enabled: true, email_notifications: false, slack_notifications: false}
logging:
  level: INFO
  format: '%(asctime)s - %(name)s - %(levelname)s - %(message)s'
  file: logs/training.log
  rotation: {max_size: 100MB, backup_count: 10}
`;
  const TRAINING = `
service: {name: mcp-training, version: 1.0.0, debug: false}
api: {host: 0.0.0.0, port: 8001, workers: 1}
storage: {models_dir: models, exports_dir: exports, logs_dir: logs}
training: {max_training_time: 3600, max_memory_usage: 4096, enable_gpu: false}
monitoring: {enable_monitoring: true, prometheus_port: 9091}
`;
  const ENVIRONMENT = {
    TRAINING_SERVICE_NAME: 'mcp-training',
    TRAINING_SERVICE_VERSION: '1.0.0',
    TRAINING_DEBUG: 'false',
    TRAINING_API_HOST: '0.0.0.0',
    TRAINING_API_PORT: '8001',
    TRAINING_API_WORKERS: '1',
    TRAINING_MODELS_DIR: 'models',
    TRAINING_EXPORTS_DIR: 'exports',
    TRAINING_LOGS_DIR: 'logs',
    TRAINING_MAX_TRAINING_TIME: '3600',
    TRAINING_MAX_MEMORY_USAGE: '4096',
    TRAINING_ENABLE_GPU: 'false',
    TRAINING_DEFAULT_MODEL_TYPE: 'isolation_forest',
    TRAINING_MODEL_CONFIG_FILE: 'config/model_config.yaml',
    TRAINING_LOG_LEVEL: 'INFO',
    TRAINING_LOG_FILE: 'logs/training.log',
    TRAINING_ENABLE_MONITORING: 'true',
    TRAINING_PROMETHEUS_PORT: '9091',
  };

  it('work unchanged: every key and every variable is known', () => {
    const box = new ConfigSandbox();
    box.write('config/model_config.yaml', MODEL);
    box.write('config/training_config.yaml', TRAINING);
    const { values, warnings } = box.load({ env: ENVIRONMENT });
    expect([values.model.contamination, values.api.host, values.logging.format]).toEqual([
      0.1,
      '0.0.0.0',
      'text',
    ]);
    expect(warnings).toHaveLength(2);
  });
});
