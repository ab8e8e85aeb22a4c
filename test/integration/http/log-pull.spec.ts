import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/shared/digest.js';
import { ApiKeysService } from '../../../src/platform/security/api-keys.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { insertRows, LOG_ENTRIES, onDatabase } from '../../support/log-entries.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { sampleRows } from '../../support/sample-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

interface ExportBody {
  readonly export_id: string;
  readonly export_file: string;
  readonly sha256: string;
}

describe('POST /exports/pull', () => {
  const directory = temporaryDirectory('log-pull');
  const exportsDir = join(directory, 'exports');
  let logs: TestDatabase;
  let application: TestApplication;
  let port = 0;
  const keys = { train: '', read: '' };

  beforeAll(async () => {
    logs = await createTestDatabase('pull_source');
    await onDatabase(logs.url, (client) => client.query(LOG_ENTRIES));
    await insertRows(logs.url, sampleRows());
    application = await startApplication('log_pull', directory, { env: { LOG_DATABASE_URL: logs.url } });
    port = await listen(application);
    const service = application.app.get(ApiKeysService);
    for (const scope of ['train', 'read'] as const) {
      const made = await service.create({ name: scope, scopes: [scope], expiresAt: null, actor: 'test' });
      keys[scope] = made.key;
    }
  });
  afterAll(async () => {
    await application.close();
    await logs.drop();
  });

  const pull = (body: object, key = keys.train) =>
    request(`http://127.0.0.1:${port}`)
      .post('/api/v1/exports/pull')
      .set('authorization', `Bearer ${key}`)
      .send(body);
  const inJanuary = { start_date: '2024-01-01', end_date: '2024-01-31' };

  it('counts the lines in a dry run, and makes nothing', async () => {
    const dryRun = (body: object) =>
      request(`http://127.0.0.1:${port}`)
        .post('/api/v1/exports/pull?dry_run=true')
        .set('authorization', `Bearer ${keys.train}`)
        .send(body);
    const answer = await dryRun({ ...inJanuary, programs: ['hostapd'] });
    expect(answer.status, answer.text).toBe(200);
    const hostapd = sampleRows().filter(({ process_name: program }) => program === 'hostapd').length;
    expect(answer.body).toEqual({
      status: 'would_create',
      start: '2024-01-01T00:00:00Z',
      end: '2024-02-01T00:00:00Z',
      programs: ['hostapd'],
      table: 'log_entries',
      records: hostapd,
    });
    expectProblem(await dryRun({ start_date: '2001-01-01', end_date: '2001-01-02' }), 422, 'not_enough_data');
    expect(readdirSync(exportsDir)).toEqual([]);
  });

  it('pulls once for an Idempotency-Key', async () => {
    const before = readdirSync(exportsDir).length;
    const answers = [];
    for (let i = 0; i < 2; i++) answers.push(await pull(inJanuary).set('idempotency-key', 'one-pull'));
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[1].body).toEqual(answers[0].body);
    expect(answers[1].headers['idempotency-replayed']).toBe('true');
    expect(readdirSync(exportsDir)).toHaveLength(before + 1);
    rmSync(join(exportsDir, (answers[0].body as ExportBody).export_file));
  });

  it('makes an export of the lines, with the hash of its file', async () => {
    const answer = await pull({ ...inJanuary, programs: ['hostapd'] });
    expect(answer.status, answer.text).toBe(201);
    const body = answer.body as ExportBody;
    expect(body).toMatchObject({
      export_file: 'log_entries_20240101_20240131.ndjson',
      source: 'database',
      format: 'ndjson',
    });
    expect(answer.headers.location).toBe(`/api/v1/exports/${body.export_id}`);
    const bytes = readFileSync(join(exportsDir, body.export_file));
    expect(sha256Hex(bytes)).toBe(body.sha256);
    const expected = sampleRows().filter(({ process_name: name }) => name === 'hostapd');
    expect(bytes.toString().trimEnd().split('\n')).toHaveLength(expected.length);
    const again = (await pull({ ...inJanuary, programs: ['hostapd'] })).body as ExportBody;
    expect(again).toMatchObject({
      export_file: 'log_entries_20240101_20240131_2.ndjson',
      sha256: body.sha256,
    });
  });

  it('is for keys that may train', async () => {
    expectProblem(await pull(inJanuary, keys.read), 403, 'forbidden');
  });

  it('refuses dates, programs and members that are none, all at once', async () => {
    const wrong = await pull({ start_date: 5, programs: [], table: 'pg_authid' });
    expect(new Set(pointers(expectProblem(wrong, 422, 'validation_failed')))).toEqual(
      new Set(['/programs', '/start_date', '/table']),
    );
    const backwards = await pull({ start_date: '2024-02-01', end_date: '2024-01-01' });
    expect(pointers(expectProblem(backwards, 422, 'validation_failed'))).toEqual(['/end_date']);
  });

  it('says that there are no such lines, and leaves no file', async () => {
    const before = readdirSync(exportsDir);
    expectProblem(await pull({}), 422, 'not_enough_data');
    expectProblem(
      await pull({ ...inJanuary, programs: ["'; DROP TABLE log_entries; --"] }),
      422,
      'not_enough_data',
    );
    expect(readdirSync(exportsDir)).toEqual(before);
  });

  it('says that the table is missing without telling SQL or addresses, and goes on when it is back', async () => {
    await onDatabase(logs.url, (client) => client.query('ALTER TABLE log_entries RENAME TO away'));
    const missing = expectProblem(await pull(inJanuary), 422, 'config_invalid');
    expect(JSON.stringify(missing)).not.toMatch(/postgres(ql)?:|127\.0\.0\.1/);
    await onDatabase(logs.url, (client) => client.query('ALTER TABLE away RENAME TO log_entries'));
    expect((await pull(inJanuary)).status).toBe(201);
  });

  it('has one pull at a time in a process', async () => {
    const answers = await Promise.all([pull(inJanuary), pull(inJanuary), pull(inJanuary)]);
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses[0]).toBe(201);
    for (const status of statuses) expect([201, 409]).toContain(status);
    expect(statuses).toContain(409);
  });
});
