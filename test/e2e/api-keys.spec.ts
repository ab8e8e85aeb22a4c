import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { freePort, Service } from './service.js';

const API = '/api/v1';

interface Key {
  readonly key: string;
  readonly id: string;
  readonly prefix: string;
  readonly status: string;
}

describe('API keys, from the command line to the service', () => {
  let sandbox: CliSandbox;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('api-keys');
  });
  afterAll(async () => sandbox.cleanUp());

  const create = async (...args: string[]): Promise<Key> => {
    const result = await sandbox.run(['api-key', 'create', '--json', ...args]);
    expect(result.code, result.stderr).toBe(0);
    return jsonOf<Key>(result);
  };

  it('a running service closes with the first key, obeys its scope, and refuses it once it is revoked', async () => {
    const service = await Service.start(sandbox);
    const get = (path: string, key?: string) =>
      service.get(API + path, key === undefined ? {} : { Authorization: `Bearer ${key}` });
    try {
      expect((await get('/models')).status).toBe(200);
      const reader = await create('--name', 'reader', '--scope', 'read', '--expires', '90d');
      expect((await get('/models')).status).toBe(401);
      expect((await get('/health/ready')).status).toBe(200);
      expect((await get('/models', reader.key)).status).toBe(200);
      const rollback = await service.post<{ detail: string }>(
        `${API}/models/rollback`,
        { reason: 'no' },
        { 'X-API-Key': reader.key },
      );
      expect(rollback.status).toBe(403);
      expect(rollback.body.detail).toContain('"deploy"');
      const revoked = await sandbox.run(['api-key', 'revoke', reader.prefix, '--reason', 'lost', '--json']);
      expect(jsonOf<Key>(revoked).status).toBe('revoked');
      expect((await get('/models', reader.key)).status).toBe(401);
      // Not open again: the last key was taken away, not the lock.
      expect((await get('/models')).status).toBe(401);
      expect(service.log).not.toContain(reader.key);
    } finally {
      await service.stop('SIGKILL');
    }
    const audits = await sandbox.query<{ action: string; reason: string | null }>(
      `SELECT action, reason FROM audit_log WHERE entity = 'api_key' ORDER BY sequence`,
    );
    expect(audits).toEqual([
      { action: 'create', reason: null },
      { action: 'revoke', reason: 'lost' },
    ]);
  });

  it('an address that others can reach needs a key that works, not one that was revoked', async () => {
    const args = ['serve', '--host', '0.0.0.0', '--port', String(await freePort())];
    const refused = await sandbox.run(args, { timeoutMs: 60_000 });
    expect(refused.code, refused.stdout + refused.stderr).toBe(2);
    expect(refused.stderr).toContain('api-key create');
  });

  it('the list shows no key, and the plain output of create is the key alone', async () => {
    const made = await sandbox.run(['api-key', 'create', '--name', 'ci', '--scope', 'train,deploy']);
    const key = made.stdout.trim();
    expect(key).toMatch(/^mcpt_[a-z0-9]{12}_[\w-]{43}$/);
    const list = await sandbox.run(['api-key', 'list']);
    expect(list.stdout).toContain('train,deploy');
    expect(list.stdout).toContain(key.split('_')[1]);
    expect(list.stdout + list.stderr).not.toContain(key.slice(18));
  });

  it.each([
    [['create', '--name', 'x', '--scope', 'root'], 2, 'admin'],
    [['create', '--name', 'a b', '--scope', 'read'], 2, 'name'],
    [['create', '--name', 'x', '--scope', 'read', '--expires', 'soon'], 2, '--expires'],
    [['create', '--scope', 'read'], 2, '--name'],
    [['revoke', 'nothing'], 5, 'api-key list'],
  ])('%j ends with exit code %i and says why', async (args, code, why) => {
    const result = await sandbox.run(['api-key', ...args]);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(why);
    expect(result.stdout).toBe('');
  });
});
