import { describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.js';

const ROOT = '/nonexistent-package-root';
const hashOf = (overrides: unknown): string =>
  loadConfig({ packageRoot: ROOT, env: {}, cwd: ROOT, overrides }).hash;

describe('runConfigHash', () => {
  it('does not depend on the order of keys, nor on how a value was spelt', () => {
    const a = hashOf({ model: { n_estimators: 5, random_state: 1 }, features: { set: 'system' } });
    const b = hashOf({
      features: { set: 'system' },
      model: { hyperparameters: { random_state: 1, n_estimators: 5 } },
    });
    expect(a).toMatch(/^[0-9a-f]{64}$/);
    expect(b).toBe(a);
  });

  it('stays the same where nothing that shapes a model changes', () => {
    const same = [
      { api: { port: 1 } },
      { storage: { directory: 'x' } },
      { logging: { level: 'DEBUG' } },
      { training: { n_jobs: 2, max_training_time: 9, max_memory_usage: 512 } },
      { monitoring: { drift_threshold: 1 } },
    ].map(hashOf);
    expect(new Set([...same, hashOf({})]).size).toBe(1);
  });

  it('changes with every value that shapes a model or its report', () => {
    const different = [
      {},
      { model: { contamination: 0.02 } },
      { model: { threshold: { policy: 'alert_budget' } } },
      { features: { impute: 'mean' } },
      { training: { test_size: 0.3 } },
      { storage: { sklearn_version: '1.6.1' } },
      { evaluation: { enforce_thresholds: true } },
    ].map(hashOf);
    expect(new Set(different).size).toBe(different.length);
  });
});
