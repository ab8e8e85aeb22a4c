import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigSandbox } from './config-sandbox.js';

const messages = (error: { problems: readonly { message: string }[] }): string[] =>
  error.problems.map((problem) => problem.message);

describe('precedence', () => {
  it('lets each source win over the weaker ones: defaults, files, .env, environment, --config, overrides', () => {
    const box = new ConfigSandbox();
    const trees = () => box.load().values.model.n_estimators;
    expect(trees()).toBe(100);
    box.write('config/model_config.yaml', 'model: {n_estimators: 101}');
    expect(trees()).toBe(101);
    box.write('.env', 'TRAINING_MODEL_N_ESTIMATORS=102\n');
    expect(trees()).toBe(102);
    const env = { TRAINING_MODEL_N_ESTIMATORS: '103' };
    expect(box.load({ env }).values.model.n_estimators).toBe(103);
    box.write('my.yaml', 'model: {n_estimators: 104}');
    expect(box.load({ env, configFile: 'my.yaml' }).values.model.n_estimators).toBe(104);
    const config = box.load({ env, configFile: 'my.yaml', overrides: { model: { n_estimators: 105 } } });
    expect(config.values.model.n_estimators).toBe(105);
    expect(config.sources['model.n_estimators']).toBe('--config-overrides');
    expect(config.sources['model.random_state']).toBe('default');
  });

  it('finds config/ from the package root and --config from the working directory', () => {
    const box = new ConfigSandbox();
    const cwd = join(box.root, 'elsewhere');
    box.write('config/training_config.yaml', 'api: {port: 9000}');
    box.write('elsewhere/config/training_config.yaml', 'api: {port: 9999}');
    box.write('elsewhere/mine.yaml', 'model: {random_state: 7}');
    const { values, paths } = box.load({ cwd, configFile: 'mine.yaml' });
    expect(values.api.port).toBe(9000);
    expect(values.model.random_state).toBe(7);
    expect(paths.modelsDir).toBe(join(box.root, 'models'));
  });

  it('takes the .env of the working directory over that of the package root', () => {
    const box = new ConfigSandbox();
    box.write('.env', 'TRAINING_API_PORT=1001\nTRAINING_API_WORKERS=2\nOTHER=1\n');
    box.write('run/.env', '# comment\nTRAINING_API_PORT="1002"\n');
    const { values, sources } = box.load({ cwd: join(box.root, 'run') });
    expect([values.api.port, values.api.workers]).toEqual([1002, 2]);
    expect(sources['api.port']).toBe('run/.env: TRAINING_API_PORT');
  });

  it('merges sections key by key over all three files and replaces lists', () => {
    const box = new ConfigSandbox();
    box.write('config/model_config.yaml', 'training: {test_size: 0.3}\ndatabase: {wifi_programs: [a, b, c]}');
    box.write(
      'config/training_config.yaml',
      'training: {max_training_time: 60}\ndatabase: {wifi_programs: [d]}',
    );
    const { training, database } = box.load().values;
    expect([training.test_size, training.max_training_time, training.validation_size]).toEqual([
      0.3, 60, 0.1,
    ]);
    expect(database.wifi_programs).toEqual(['d']);
  });

  it('reads another model file where TRAINING_MODEL_CONFIG_FILE points, and says when it is not there', () => {
    const box = new ConfigSandbox();
    box.write('config/model_config.yaml', 'model: {n_estimators: 1}');
    box.write('other/m.yaml', 'model: {random_state: 9}');
    const { model } = box.load({ env: { TRAINING_MODEL_CONFIG_FILE: 'other/m.yaml' } }).values;
    expect([model.n_estimators, model.random_state]).toEqual([100, 9]);
    const error = box.refuse({ env: { TRAINING_MODEL_CONFIG_FILE: 'other/none.yaml' } });
    expect(messages(error)).toEqual(['other/none.yaml: does not exist']);
  });

  it('reads an empty file, a file of comments and an empty section as nothing set', () => {
    const box = new ConfigSandbox();
    box.write('config/model_config.yaml', '');
    box.write('config/training_config.yaml', '# nothing\n');
    box.write('config/logging_config.yaml', 'logging:\n  # level: DEBUG\n');
    expect(box.load().values.logging.level).toBe('INFO');
  });
});

describe('problems', () => {
  it('reports the mistakes of every source at once, with place, allowed values and nearest spelling', () => {
    const box = new ConfigSandbox();
    box.write('config/model_config.yaml', 'model:\n  n_estimator: 200\n  bootstrap: yes\n');
    box.write('config/training_config.yaml', '# a comment\napi:\n  port: 70000\n');
    box.write('.env', 'TRAINING_MAX_TRAINING_TIME=soon\n');
    box.write('my.yaml', 'features:\n  set: wfi\nevaluaton: {}\n');
    const error = box.refuse({
      env: { TRAINING_LOG_LVEL: 'INFO', TRAINING_ENABLE_GPU: 'maybe' },
      configFile: 'my.yaml',
      overrides: { contamination: 0.2, model: { contamination: 0.7 } },
    });
    expect(error.code).toBe('config_invalid');
    expect(error.exitCode).toBe(2);
    expect(messages(error).sort()).toEqual(
      [
        'config/model_config.yaml:2: model.n_estimator is not a known key; did you mean model.n_estimators?',
        'config/model_config.yaml:3: model.bootstrap must be true or false (got "yes")',
        'config/training_config.yaml:3: api.port must be an integer from 0 to 65535 (got 70000)',
        '.env: TRAINING_MAX_TRAINING_TIME: training.max_training_time must be an integer from 1 to 86400 (got "soon")',
        'TRAINING_LOG_LVEL: is not a known variable; did you mean TRAINING_LOG_LEVEL?',
        'TRAINING_ENABLE_GPU: training.enable_gpu must be true or false (got "maybe")',
        'my.yaml:2: features.set must be one of wifi, system, agent-wifi, agent-generic, agent-dns, agent-firewall (got "wfi"); did you mean wifi?',
        'my.yaml:3: evaluaton is not a known key; did you mean evaluation?',
        '--config-overrides: contamination is not a known key; did you mean model.contamination? (known here: version, model, features, training, storage, evaluation, database, monitoring, mlflow, logging, service, api, deployment)',
        '--config-overrides: model.contamination must be one of auto, or a number above 0, at most 0.5 (got 0.7)',
      ]
        .map((line) => line.replace('one of auto', '"auto"'))
        .sort(),
    );
    for (const message of messages(error)) expect(error.message).toContain(`\n  ${message}`);
  });

  it('reports a wrong line of a file even where an environment variable replaces it', () => {
    const box = new ConfigSandbox();
    box.write('config/model_config.yaml', 'model: {n_estimators: many}');
    const error = box.refuse({ env: { TRAINING_MODEL_N_ESTIMATORS: '50' } });
    expect(error.problems.map((problem) => problem.pointer)).toEqual(['model.n_estimators']);
  });

  it('takes policies of features by name, and says which name or value is wrong', () => {
    const box = new ConfigSandbox();
    const known = ['mean_signal_strength', 'deauth_ratio'];
    box.write(
      'config/model_config.yaml',
      'features:\n  overrides:\n    mean_signal_strength: {impute: mean}\n    deauth_ratio: {clip: quantiles}\n',
    );
    const { values } = box.load({
      knownFeatures: known,
      overrides: { features: { overrides: { deauth_ratio: { impute: 'none' } } } },
    });
    expect(values.features.overrides).toEqual({
      mean_signal_strength: { impute: 'mean', clip: null },
      deauth_ratio: { impute: 'none', clip: 'quantiles' },
    });
    box.write(
      'config/model_config.yaml',
      'features:\n  overrides:\n    mean_signal_strenght: {impute: mean}\n    deauth_ratio: {clip: quantile}\n',
    );
    expect(messages(box.refuse({ knownFeatures: known }))).toEqual([
      'config/model_config.yaml:3: features.overrides.mean_signal_strenght is for a feature that is not in the feature catalogue; did you mean mean_signal_strength?',
      'config/model_config.yaml:4: features.overrides.deauth_ratio.clip must be one of quantiles, none, or null (got "quantile"); did you mean quantiles?',
    ]);
  });

  it('checks feature names against the catalogue it is given', () => {
    const box = new ConfigSandbox();
    box.write('config/model_config.yaml', 'features:\n  numeric: [deauth_ratio, deauth_ration]\n');
    expect(box.load().values.features.numeric).toHaveLength(2);
    const error = box.refuse({ knownFeatures: ['deauth_ratio', 'log_count'] });
    expect(messages(error)).toEqual([
      'config/model_config.yaml:2: features.numeric names "deauth_ration", which is not in the feature catalogue; did you mean deauth_ratio?',
    ]);
  });

  it('names a missing --config file, a directory and a section that is no section', () => {
    const box = new ConfigSandbox();
    mkdirSync(join(box.root, 'folder'));
    box.write('s.yaml', 'model: 3\n');
    expect(messages(box.refuse({ configFile: 'none.yaml' }))).toEqual(['none.yaml: does not exist']);
    expect(messages(box.refuse({ configFile: 'folder' }))).toEqual(['folder: is a directory, not a file']);
    expect(messages(box.refuse({ configFile: '' }))).toEqual(['--config: names no file']);
    expect(messages(box.refuse({ configFile: 's.yaml' }))).toEqual([
      's.yaml:1: model must be a section with keys of its own (got 3)',
    ]);
  });

  it('refuses overrides that are no JSON object', () => {
    const box = new ConfigSandbox();
    for (const overrides of [[], 'model', 3, true]) {
      expect(messages(box.refuse({ overrides }))[0]).toContain('--config-overrides: must be a JSON object');
    }
  });

  it.each([
    ['window stride above its length', { features: { window: { stride: 600 } } }, 'features.window.stride'],
    [
      'context below the length',
      { features: { window: { length: 3600, context: 1800 } } },
      'features.window.context',
    ],
    ['no data left to train', { training: { test_size: 0.6, validation_size: 0.4 } }, 'training.test_size'],
    [
      'explicit threshold without a score',
      { model: { threshold: { policy: 'explicit' } } },
      'model.threshold.value',
    ],
    [
      'target without a directory',
      { deployment: { targets: { pi: {} } } },
      'deployment.targets.pi.directory',
    ],
    ['exports inside the models directory', { storage: { exports_dir: 'models/x' } }, 'storage.exports_dir'],
  ])('refuses values that do not fit together: %s', (_name, overrides, pointer) => {
    const error = new ConfigSandbox().refuse({ overrides });
    expect(error.problems.map((problem) => [problem.pointer, problem.code])).toEqual([
      [pointer, 'wrong_combination'],
    ]);
  });

  it('asks an SFTP target for everything that a safe connection needs', () => {
    const targets = { pi: { type: 'sftp', directory: '/srv/models' } };
    const error = new ConfigSandbox().refuse({ overrides: { deployment: { targets } } });
    expect(error.problems.map((problem) => problem.pointer)).toEqual(
      ['host', 'username', 'host_key'].map((key) => `deployment.targets.pi.${key}`),
    );
  });
});

describe('two names for one key', () => {
  it('reads model.hyperparameters and storage.models_dir as model and storage.directory', () => {
    const box = new ConfigSandbox();
    box.write(
      'config/model_config.yaml',
      'model: {hyperparameters: {n_estimators: 7}}\nstorage: {models_dir: m}',
    );
    const { values, paths, sources } = box.load();
    expect(values.model.n_estimators).toBe(7);
    expect(paths.modelsDir).toBe(join(box.root, 'm'));
    expect(sources['model.n_estimators']).toBe('config/model_config.yaml');
  });

  it('accepts both when they agree and refuses them when they differ, also across the package files', () => {
    const box = new ConfigSandbox();
    box.write(
      'config/model_config.yaml',
      'storage: {directory: m}\nmodel: {max_samples: 9, hyperparameters: {max_samples: 9}}',
    );
    box.write('config/training_config.yaml', 'storage: {models_dir: m}');
    expect(box.load().values.model.max_samples).toBe(9);
    box.write('config/training_config.yaml', 'storage: {models_dir: n}');
    expect(messages(box.refuse())).toEqual([
      'config/training_config.yaml:1: storage.models_dir ("n") and storage.directory ("m", config/model_config.yaml:1) are the same setting with different values; keep one',
    ]);
  });

  it('lets a stronger source use the other name', () => {
    const box = new ConfigSandbox();
    box.write('config/model_config.yaml', 'storage: {directory: m}');
    expect(box.load({ overrides: { storage: { models_dir: 'n' } } }).values.storage.directory).toBe('n');
  });

  it('refuses model.hyperparameters against model and finds the line of the name that was written', () => {
    const box = new ConfigSandbox();
    box.write(
      'c.yaml',
      'model:\n  n_estimators: 5\n  hyperparameters:\n    n_estimators: 6\n    random_state: x\n',
    );
    expect(messages(box.refuse({ configFile: 'c.yaml' }))).toEqual([
      'c.yaml:4: model.hyperparameters.n_estimators (6) and model.n_estimators (5, c.yaml:2) are the same setting with different values; keep one',
      'c.yaml:5: model.random_state must be an integer from 0 to 4294967295 (got "x")',
    ]);
  });
});

describe('what comes out', () => {
  it('is frozen through and through', () => {
    const config = new ConfigSandbox().load();
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(config)).toBe(true);
    expect(() => {
      config.values.model.n_estimators = 1;
    }).toThrow(TypeError);
  });

  it('lets stride and context follow the window length unless they are set', () => {
    const box = new ConfigSandbox();
    const window = (overrides: unknown) =>
      box.load({ overrides: { features: { window: overrides } } }).values.features.window;
    expect(window({ length: 600 })).toMatchObject({ stride: 600, context: 1800 });
    expect(window({ length: 3600 })).toMatchObject({ stride: 3600, context: 3600 });
    expect(window({ length: 600, stride: 60, context: 900 })).toMatchObject({ stride: 60, context: 900 });
  });

  it('resolves directories against the package root, the log file and the default target below theirs', () => {
    const box = new ConfigSandbox();
    const { paths } = box.load({ env: { TRAINING_DATA_DIR: '/var/lib/x', TRAINING_LOGS_DIR: 'l' } });
    expect(paths).toMatchObject({
      dataDir: '/var/lib/x',
      deployedDir: '/var/lib/x/deployed',
      exportsDir: join(box.root, 'exports'),
      logFile: join(box.root, 'l/training.log'),
    });
  });

  it('warns about settings without effect, and about nothing else', () => {
    const box = new ConfigSandbox();
    expect(box.load().warnings).toEqual([]);
    box.write(
      'config/model_config.yaml',
      "training: {early_stopping: true}\nlogging:\n  format: '%(message)s'\n  level: info\n",
    );
    const { warnings, values } = box.load({ env: { TRAINING_ENABLE_GPU: '1' } });
    expect(warnings).toEqual([
      'config/model_config.yaml:3: logging.format is a Python format string; plain text is written instead (set json or text)',
      'config/model_config.yaml: training.early_stopping has no effect: a forest has no epochs to stop',
      'TRAINING_ENABLE_GPU: training.enable_gpu has no effect: training uses the processor',
    ]);
    expect([values.logging.format, values.logging.level]).toEqual(['text', 'INFO']);
  });
});
