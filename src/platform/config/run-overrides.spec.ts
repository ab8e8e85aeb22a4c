import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.js';
import { loadConfig } from './load-config.js';
import { validateOverrides, withRunOverrides } from './run-overrides.js';

const ROOT = '/nonexistent-package-root';
const base = loadConfig({ packageRoot: ROOT, env: {}, cwd: ROOT });

function refusal(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('validateOverrides', () => {
  it('accepts what shapes a model and gives it back in canonical spelling', () => {
    const overrides = {
      model: { hyperparameters: { n_estimators: 200 } },
      features: { window: { length: 600 } },
      storage: { sklearn_version: '1.6.1' },
      evaluation: { enforce_thresholds: true },
      monitoring: { drift_threshold: 0.2 },
    };
    expect(validateOverrides(overrides)).toEqual({ ...overrides, model: { n_estimators: 200 } });
    expect(validateOverrides(undefined)).toEqual({});
    expect(validateOverrides({})).toEqual({});
  });

  it.each([
    [{ storage: { models_dir: '/' } }, 'storage.models_dir'],
    [{ storage: { directory: '/' } }, 'storage.directory'],
    [{ database: { url: 'postgresql://evil/db' } }, 'database'],
    [{ database: { table_name: 'users' } }, 'database'],
    [{ api: { host: '0.0.0.0' } }, 'api'],
    [{ service: {} }, 'service'],
    [{ logging: { file: '/etc/passwd' } }, 'logging'],
    [{ deployment: { targets: {} } }, 'deployment'],
  ])('refuses %j: it belongs to the service', (overrides, pointer) => {
    const error = refusal(() => validateOverrides(overrides));
    expect(error).toMatchObject({ code: 'config_invalid', httpStatus: 422 });
    expect(error.problems).toEqual([
      {
        pointer,
        code: 'not_allowed',
        message: `config_overrides: ${pointer} is not allowed per run: it belongs to the configuration of the service`,
      },
    ]);
  });

  it('refuses unknown members and wrong values together', () => {
    const overrides = {
      isAdmin: true,
      database_url: 'postgresql://evil/db',
      auth: { enabled: false },
      training: { max_memory_mb: 1e9, n_jobs: 10_000, max_training_time: 0 },
      features: { window: { length: 1e-9 } },
      storage: 'x',
    };
    const { problems } = refusal(() => validateOverrides(overrides));
    expect(problems.map((problem) => [problem.pointer, problem.code]).sort()).toEqual([
      ['auth', 'unknown_key'],
      ['database_url', 'unknown_key'],
      ['features.window.length', 'wrong_value'],
      ['isAdmin', 'unknown_key'],
      ['storage', 'not_allowed'],
      ['training.max_memory_mb', 'unknown_key'],
      ['training.max_training_time', 'wrong_value'],
      ['training.n_jobs', 'wrong_value'],
    ]);
  });

  it('answers quickly to a body of thousands of unknown keys', () => {
    const overrides = {
      model: Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`n_estimator${i}`, i])),
    };
    const start = process.cpuUsage();
    const error = refusal(() => validateOverrides(overrides));
    const used = process.cpuUsage(start);
    expect(error.message).toContain('has 9000 problems');
    expect(error.problems).toHaveLength(100);
    expect((used.user + used.system) / 1000).toBeLessThan(200);
  });

  it('lets a run lower the limits of the service and not raise them', () => {
    expect(validateOverrides({ training: { max_training_time: 60 } }, { base })).toEqual({
      training: { max_training_time: 60 },
    });
    const { problems } = refusal(() => validateOverrides({ training: { max_memory_usage: 8192 } }, { base }));
    expect(problems[0].message).toBe(
      'config_overrides: training.max_memory_usage (8192) must not be above the limit of the service, 4096',
    );
  });
});

describe('withRunOverrides', () => {
  it('lays the request over the configuration of the service and leaves that untouched', () => {
    const run = withRunOverrides(base, { model: { n_estimators: 7 }, features: { window: { length: 600 } } });
    expect([run.values.model.n_estimators, run.values.features.window.stride]).toEqual([7, 600]);
    expect(run.sources['model.n_estimators']).toBe('config_overrides');
    expect(run.paths).toEqual(base.paths);
    expect(run.hash).not.toBe(base.hash);
    expect(base.values.model.n_estimators).toBe(100);
  });

  it('refuses what does not fit the configuration of the service', () => {
    const error = refusal(() => withRunOverrides(base, { training: { test_size: 0.85 } }));
    expect(error.problems[0].message).toContain('config_overrides: training.test_size (0.85)');
  });
});
