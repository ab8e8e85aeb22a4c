import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, type ResolvedConfig } from '../../../src/platform/config/load-config.js';
import { ApiKeyRepository } from '../../../src/platform/security/api-key.repository.js';
import { ApiKeysService } from '../../../src/platform/security/api-keys.service.js';
import { AuditRepository } from '../../../src/platform/security/audit.repository.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';

const ENVIRONMENT_KEY = 'an-own-k3y-of-the-environment';

function configOf(key?: string): ResolvedConfig {
  const packageRoot = join(import.meta.dirname, '../../..');
  return loadConfig({ packageRoot, cwd: packageRoot, env: { TRAINING_API_KEY: key } });
}

describe('API keys', () => {
  let database: MigratedDatabase;
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const service = (key?: string): ApiKeysService => {
    const audit = new AuditRepository(database.dataSource);
    return new ApiKeysService(new ApiKeyRepository(database.dataSource, audit), clock, configOf(key));
  };
  const request = { name: 'laptop', scopes: ['read'] as const, expiresAt: null, actor: 'cli:test' };
  const audits = (id: string): Promise<object[]> =>
    database.dataSource.query(
      `SELECT actor, action, reason, to_state FROM audit_log WHERE entity = 'api_key' AND entity_id = $1 ORDER BY sequence`,
      [id],
    );

  beforeAll(async () => {
    database = await createMigratedDatabase('api_keys');
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    nowMs = Date.now();
    await database.dataSource.query('DELETE FROM api_keys');
  });

  it('are recognised while they are active, and nothing else is', async () => {
    const { key, record } = await service().create({ ...request, scopes: ['train', 'deploy', 'train'] });
    expect(await service().identify(key)).toEqual({
      id: record.id,
      name: `key:laptop/${record.prefix}`,
      scopes: ['train', 'deploy'],
    });
    const other = key.endsWith('A') ? 'B' : 'A';
    const wrong = [key.slice(0, -1) + other, key.toUpperCase(), `${key} `, record.prefix, '', 'changeme'];
    for (const text of wrong) expect(await service().identify(text), text).toBeNull();
  });

  it('stand in no column of the database, and in no audit row', async () => {
    const { key, record } = await service().create(request);
    const dump: { row: string }[] = await database.dataSource.query(
      `SELECT row_to_json(k)::text AS row FROM api_keys k UNION ALL SELECT row_to_json(a)::text FROM audit_log a`,
    );
    const text = dump.map(({ row }) => row).join('\n');
    expect(text).toContain(record.prefix);
    expect(text).not.toContain(key.slice(`mcpt_${record.prefix}_`.length));
    const [{ bytes }]: { bytes: number }[] = await database.dataSource.query(
      'SELECT octet_length(hash) AS bytes FROM api_keys',
    );
    expect(bytes).toBe(32);
  });

  it('are useless after they expire or are revoked, and both are audited with who and why', async () => {
    const brief = await service().create({ ...request, expiresAt: new Date(nowMs + 1000) });
    expect(await service().identify(brief.key)).not.toBeNull();
    nowMs += 1000;
    expect(await service().identify(brief.key)).toBeNull();

    const lost = await service().create(request);
    const revoked = await service().revoke(`mcpt_${lost.record.prefix}`, 'cli:me', 'laptop lost');
    expect(revoked.revokedAt).toBeInstanceOf(Date);
    expect(await service().identify(lost.key)).toBeNull();
    expect(await audits(lost.record.id)).toMatchObject([
      { actor: 'cli:test', action: 'create', to_state: { name: 'laptop', scopes: ['read'] } },
      { actor: 'cli:me', action: 'revoke', reason: 'laptop lost' },
    ]);
    await expect(service().revoke(lost.record.id, 'cli:me', null)).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('are refused for revocation without repeating what was given, which may be a key', async () => {
    const { key } = await service().create(request);
    for (const which of [key, 'nobody', '', '00000000-0000-4000-8000-000000000000']) {
      const refusal = await service()
        .revoke(which, 'cli:me', null)
        .then(
          () => null,
          (error: unknown) => error as Error & { code: string },
        );
      expect(refusal?.code).toBe('not_found');
      expect(refusal?.message).not.toContain('mcpt_');
    }
    expect(await service().identify(key)).not.toBeNull();
  });

  it('note their last use at most once a minute', async () => {
    const { key, record } = await service().create(request);
    const lastUse = async (): Promise<number | undefined> =>
      (await service().list()).find(({ id }) => id === record.id)?.lastUsedAt?.getTime();
    expect(await lastUse()).toBeUndefined();
    await service().identify(key);
    const first = await lastUse();
    expect(first).toBeGreaterThan(0);
    await Promise.all(Array.from({ length: 5 }, () => service().identify(key)));
    expect(await lastUse()).toBe(first);
    const minuteAgo = `UPDATE api_keys SET last_used_at = last_used_at - interval '61 seconds'`;
    await database.dataSource.query(minuteAgo);
    nowMs += 61_000;
    await service().identify(key);
    expect(await lastUse()).toBeGreaterThanOrEqual(first!);
  });

  it('close the service from the first one on, for good', async () => {
    expect([await service().exist(), await service().canBeUsed()]).toEqual([false, false]);
    const running = service();
    expect(await running.exist()).toBe(false);
    const { record } = await service().create(request);
    expect([await running.exist(), await running.canBeUsed()]).toEqual([true, true]);
    await service().revoke(record.id, 'cli:me', null);
    expect([await service().exist(), await service().canBeUsed()]).toEqual([true, false]);
  });

  it('of the environment may do everything, and the empty text is no key', async () => {
    const keys = service(ENVIRONMENT_KEY);
    expect(await keys.identify(ENVIRONMENT_KEY)).toMatchObject({
      name: 'key:environment',
      scopes: ['admin'],
    });
    for (const text of ['', `${ENVIRONMENT_KEY}x`, ENVIRONMENT_KEY.slice(1)]) {
      expect(await keys.identify(text)).toBeNull();
    }
    expect([await keys.exist(), await keys.canBeUsed()]).toEqual([true, true]);
    expect(await service().identify('')).toBeNull();
  });

  it.each(['', 'a b', 'a\n{"level":"info"}', '-x', 'é', 'x'.repeat(65)])(
    'have no name such as %j',
    async (name) => {
      await expect(service().create({ ...request, name })).rejects.toMatchObject({ code: 'usage' });
    },
  );

  it('without a scope, or with an end in the past, are not made', async () => {
    const past = new Date(nowMs - 1);
    await expect(service().create({ ...request, scopes: [] })).rejects.toMatchObject({ code: 'usage' });
    await expect(service().create({ ...request, expiresAt: past })).rejects.toMatchObject({ code: 'usage' });
    expect(await service().list()).toEqual([]);
  });

  it.each(['changeme-changeme', 'password-password1', 'aaaaaaaaaaaaaaaaaaaa', 'short', ''])(
    'of the environment are refused when they are weak: %j',
    (key) => {
      expect(() => configOf(key)).toThrow(/TRAINING_API_KEY|problem/);
    },
  );
});
