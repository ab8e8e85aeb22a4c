import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.js';
import type { Environment } from './environment-layer.js';
import { loadConfig } from './load-config.js';
import { maskSecrets } from './mask-secrets.js';

const ROOT = '/nonexistent-package-root';
const load = (env: Environment, overrides?: unknown) =>
  loadConfig({ packageRoot: ROOT, env, cwd: ROOT, overrides });

describe('maskSecrets', () => {
  it('hides passwords and keys and keeps the rest of the URL', () => {
    const env = {
      DATABASE_URL: 'postgresql://app:hunter22@db.example:5433/training?sslmode=require&sslpassword=hunter23',
      TRAINING_API_KEY: 'k3y-0123456789abcdef',
    };
    const printed = maskSecrets(load(env).values);
    expect(printed.database).toMatchObject({
      url: 'postgresql://app:***@db.example:5433/training?sslmode=require&sslpassword=***',
    });
    expect(printed.api).toMatchObject({ key: '***', port: 8001 });
  });

  it('leaves null where no secret is set', () => {
    expect(maskSecrets(load({}).values).database).toMatchObject({ url: null });
  });
});

describe('secrets in messages', () => {
  it.each<[string, Environment, unknown]>([
    ['a wrong URL', { DATABASE_URL: 'mysql://root:hunter22@h/db' }, undefined],
    ['a weak key', { TRAINING_API_KEY: 'hunter22' }, undefined],
    ['a secret on the command line', {}, { database: { url: 'postgresql://u:hunter22@h/db' } }],
  ])('do not appear: %s', (_name, env, overrides) => {
    let error: unknown;
    try {
      load(env, overrides);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).message).not.toContain('hunter22');
    expect((error as AppError).problems).toHaveLength(1);
  });
});
