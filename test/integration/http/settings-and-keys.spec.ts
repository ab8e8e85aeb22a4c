import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

interface Settings {
  readonly config_hash: string;
  readonly items: readonly { key: string; value: unknown; source: string; meaning: string }[];
}
interface Key {
  readonly id: string;
  readonly prefix: string;
  readonly status: string;
  readonly key?: string;
}

describe('settings and keys over REST', () => {
  const directory = temporaryDirectory('settings');
  let application: TestApplication;
  let port = 0;
  const ADMIN = 'an-environment-key-of-many-letters';

  beforeAll(async () => {
    application = await startApplication('settings', directory, {
      apiKey: ADMIN,
      env: { TRAINING_API_RATE_LIMIT: '5000' },
    });
    port = await listen(application);
  });
  afterAll(() => application.close());

  const call = (method: 'get' | 'post' | 'delete', path: string, key = ADMIN) =>
    request(`http://127.0.0.1:${port}`)[method](`/api/v1${path}`).set('authorization', `Bearer ${key}`);

  it('show every key with its value, where it is from, and what it means', async () => {
    const answer = await call('get', '/settings');
    expect(answer.status, answer.text).toBe(200);
    const { items, config_hash: hash } = answer.body as Settings;
    const of = (key: string) => items.find((item) => item.key === key);
    expect(hash).toBe(application.config.hash);
    expect(of('api.rate_limit')).toMatchObject({ value: 5000, source: 'TRAINING_API_RATE_LIMIT' });
    expect(of('model.n_estimators')).toMatchObject({ value: application.config.values.model.n_estimators });
    expect(of('deployment.targets.default.layout')).toMatchObject({ value: 'symlink' });
    expect(items.every(({ meaning, source }) => meaning !== '' && source !== '')).toBe(true);
    expect(answer.headers.etag).toMatch(/^"/);
    const again = await call('get', '/settings').set('if-none-match', answer.headers.etag);
    expect(again.status).toBe(304);
  });

  it('show no secret: neither the key nor anything of the address of the database', async () => {
    const answer = await call('get', '/settings');
    const { text } = answer;
    expect(text).not.toContain(ADMIN);
    const { hostname, username, pathname } = new URL(
      process.env['MCP_TRAINING_TEST_DATABASE_URL'] ?? 'x://u@h/d',
    );
    expect(text).not.toContain(`${username}@${hostname}`);
    expect(text).not.toContain(pathname.slice(1) + '?');
    for (const { key, value } of (answer.body as Settings).items) {
      if (/(^|[._])(key|url|password|passphrase)$/.test(key)) expect([null, '***'], key).toContain(value);
    }
  });

  it('make a key that works, list it without its secret, and revoke it', async () => {
    const made = await call('post', '/api-keys').send({ name: 'dashboard', scopes: ['read', 'read'] });
    expect(made.status, made.text).toBe(201);
    const { key = '', id, prefix } = made.body as Key;
    expect(made.headers.location).toBe(`/api/v1/api-keys/${id}`);
    expect(made.headers['cache-control']).toBe('no-store');
    expect((await call('get', '/models', key)).status).toBe(200);
    expectProblem(await call('get', '/api-keys', key), 403, 'forbidden');
    const listed = await call('get', '/api-keys');
    expect(listed.text).not.toContain(key);
    expect((listed.body as { items: Key[] }).items).toMatchObject([
      { id, prefix, status: 'active', scopes: ['read'] },
    ]);
    const dry = await call('delete', `/api-keys/${prefix}?dry_run=true`);
    expect(dry.body).toMatchObject({ id, status: 'active' });
    const revoked = await call('delete', `/api-keys/${id}?reason=laptop%20lost`);
    expect(revoked.body).toMatchObject({ id, status: 'revoked' });
    expectProblem(await call('get', '/models', key), 401, 'unauthorized');
    expectProblem(await call('delete', `/api-keys/${id}`), 409, 'conflict');
    const audit: object[] = await application.dataSource.query(
      `SELECT action, actor, reason FROM audit_log WHERE entity = 'api_key' ORDER BY sequence`,
    );
    expect(audit).toEqual([
      { action: 'create', actor: 'key:environment', reason: null },
      { action: 'revoke', actor: 'key:environment', reason: 'laptop lost' },
    ]);
    expect(application.log.join('')).not.toContain(key);
  });

  it('make no key in a dry run, and none with a wrong name, scope or end', async () => {
    const before = ((await call('get', '/api-keys')).body as { items: Key[] }).items.length;
    const dry = await call('post', '/api-keys?dry_run=true').send({ name: 'ci', scopes: ['train'] });
    expect(dry.body).toEqual({ status: 'would_create', name: 'ci', scopes: ['train'] });
    const wrong = { name: 'a b', scopes: ['root'], expires_at: 'tomorrow', id: '1' };
    const problem = expectProblem(await call('post', '/api-keys').send(wrong), 422, 'validation_failed');
    expect(new Set(pointers(problem))).toEqual(new Set(['/name', '/scopes', '/expires_at', '/id']));
    const late = { name: 'a', scopes: ['read'], expires_at: '2020-01-01T00:00:00Z' };
    expect(
      pointers(expectProblem(await call('post', '/api-keys').send(late), 422, 'validation_failed')),
    ).toEqual(['/expires_at']);
    expectProblem(await call('delete', '/api-keys/nobody'), 404, 'not_found');
    expect(((await call('get', '/api-keys')).body as { items: Key[] }).items).toHaveLength(before);
  });
});
