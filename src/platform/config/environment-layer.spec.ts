import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentLayer, type Environment } from './environment-layer.js';
import { ProblemList } from './problem-list.js';
import type { Layer } from './layer.js';

const cwd = mkdtempSync(join(tmpdir(), 'mcp-env-'));

function read(env: Environment): { layer: Layer; message: string } {
  const problems = new ProblemList();
  const layer = environmentLayer({ env, file: '', cwd }, problems);
  try {
    problems.throwIfAny();
    return { layer, message: '' };
  } catch (error) {
    return { layer, message: (error as Error).message };
  }
}

describe('environmentLayer', () => {
  it('reads regular and short names as the type of their key', () => {
    const { layer } = read({
      TRAINING_MODEL_MAX_SAMPLES: '0.5',
      TRAINING_TEST_SIZE: '0.25',
      TRAINING_LOG_LEVEL: 'DEBUG',
      TRAINING_FEATURES_WINDOW_GROUP_BY: 'all',
      TRAINING_DATABASE_WIFI_PROGRAMS: 'hostapd,dnsmasq',
      PATH: '/bin',
    });
    expect(layer.tree).toEqual({
      model: { max_samples: 0.5 },
      features: { window: { group_by: 'all' } },
      training: { test_size: 0.25 },
      database: { wifi_programs: ['hostapd', 'dnsmasq'] },
      logging: { level: 'DEBUG' },
    });
    expect(layer.nameOf('logging.level')).toBe('TRAINING_LOG_LEVEL');
  });

  it('counts an empty variable as not set', () => {
    expect(read({ TRAINING_API_PORT: '', TRAINING_LOG_FILE: ' ' })).toMatchObject({
      layer: { tree: {} },
      message: '',
    });
  });

  it('refuses two names of one key with different values', () => {
    expect(read({ TRAINING_MODELS_DIR: 'a', TRAINING_STORAGE_DIRECTORY: 'a' }).message).toBe('');
    expect(read({ TRAINING_MODELS_DIR: 'a', TRAINING_STORAGE_DIRECTORY: 'b' }).message).toContain(
      'TRAINING_STORAGE_DIRECTORY: storage.directory ("b") and TRAINING_MODELS_DIR ("a") are the same setting',
    );
  });

  it('reads the policies of features from JSON', () => {
    const { layer } = read({ TRAINING_FEATURES_OVERRIDES: '{"log_count": {"clip": "none"}}' });
    expect(layer.tree).toEqual({ features: { overrides: { log_count: { clip: 'none' } } } });
    expect(layer.nameOf('features.overrides.log_count.clip')).toBe('TRAINING_FEATURES_OVERRIDES');
    expect(read({ TRAINING_FEATURES_OVERRIDES: '[' }).message).toContain(
      'TRAINING_FEATURES_OVERRIDES: features.overrides must be a JSON object of overrides by name',
    );
  });

  it('reads deployment targets from JSON', () => {
    const { layer } = read({ TRAINING_DEPLOYMENT_TARGETS: '{"pi": {"directory": "/srv/pi"}}' });
    expect(layer.tree).toEqual({ deployment: { targets: { pi: { directory: '/srv/pi' } } } });
    expect(read({ TRAINING_DEPLOYMENT_TARGETS: '{' }).message).toContain(
      'must be a JSON object of targets by name',
    );
  });

  it('ignores what Kubernetes adds beside a Service named training, and nothing more', () => {
    const links = {
      TRAINING_SERVICE_HOST: '10.0.0.1',
      TRAINING_SERVICE_PORT: '80',
      TRAINING_PORT: 'tcp://10.0.0.1:80',
      TRAINING_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(read(links).message).toBe('');
    expect(read({ TRAINING_PORT: '8002' }).message).toContain('TRAINING_PORT: is not a known variable');
  });
});

describe('secrets', () => {
  it('come from a variable or from a file', () => {
    writeFileSync(join(cwd, 'url'), 'postgresql://u:p@h/db\n');
    const expected = { database: { url: 'postgresql://u:p@h/db' } };
    expect(read({ DATABASE_URL: 'postgresql://u:p@h/db' }).layer.tree).toEqual(expected);
    expect(read({ DATABASE_URL_FILE: 'url' }).layer.tree).toEqual(expected);
    expect(read({ DATABASE_URL_FILE: join(cwd, 'url') }).layer.nameOf('database.url')).toBe(
      'DATABASE_URL_FILE',
    );
  });

  it('are refused when given twice, when empty and when their file cannot be read', () => {
    expect(read({ DATABASE_URL: 'postgresql://h/a', DATABASE_URL_FILE: 'url' }).message).toContain(
      'is set by DATABASE_URL and DATABASE_URL_FILE; keep one',
    );
    expect(read({ TRAINING_API_KEY: '' }).message).toContain('TRAINING_API_KEY: api.key is set but empty');
    expect(read({ TRAINING_API_KEY_FILE: 'missing' }).message).toContain(
      'cannot be read from the file "missing"',
    );
  });
});
