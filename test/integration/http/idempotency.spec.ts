import { randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdempotencyRepository } from '../../../src/platform/http/idempotency/idempotency.repository.js';
import { TrainingRequestsService } from '../../../src/pipeline/training-requests.service.js';
import { ApiKeysService } from '../../../src/platform/security/api-keys.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const TRAIN = '/api/v1/training/train';
const BODY = { export_file: 'ok.json' };

describe('an Idempotency-Key', () => {
  const directory = temporaryDirectory('idempotency');
  let application: TestApplication;
  let port = 0;
  const bearers: string[] = [];

  beforeAll(async () => {
    application = await startApplication('idempotency', directory);
    port = await listen(application);
    writeFileSync(join(directory, 'exports', 'ok.json'), '{"logs":[]}');
    for (const name of ['one', 'two']) {
      const wish = { name, scopes: ['train'] as const, expiresAt: null, actor: 'test' };
      bearers.push((await application.app.get(ApiKeysService).create(wish)).key);
    }
  });
  afterAll(() => application.close());

  const train = (key: string, body: object = BODY, bearer = bearers[0], query = '') =>
    request(`http://127.0.0.1:${port}`)
      .post(TRAIN + query)
      .set('authorization', `Bearer ${bearer}`)
      .set('idempotency-key', key)
      .send(body);
  const runs = async (): Promise<number> => {
    const [{ total }]: { total: number }[] = await application.dataSource.query(
      'SELECT count(*)::int AS total FROM training_runs',
    );
    return total;
  };
  const rowOf = async (key: string): Promise<{ status: number | null } | undefined> => {
    const rows: { status: number | null }[] = await application.dataSource.query(
      'SELECT status FROM idempotency_keys WHERE key = $1',
      [key],
    );
    return rows.at(0);
  };
  const change = (key: string, assignment: string): Promise<unknown> =>
    application.dataSource.query(`UPDATE idempotency_keys SET ${assignment} WHERE key = $1`, [key]);

  it('gets the first answer again: status, Location and body, and says that it is one', async () => {
    const key = randomUUID();
    const before = await runs();
    const first = await train(key);
    expect(first.status, first.text).toBe(202);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const second = await train(key);
    expect(second.status).toBe(202);
    expect(second.body).toEqual(first.body);
    expect(second.headers.location).toBe(first.headers.location);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(await runs()).toBe(before + 1);
  });

  it('does not look at the order of members, but at every value', async () => {
    const key = randomUUID();
    await train(key, { export_file: 'ok.json', model_name: 'a' });
    expect((await train(key, { model_name: 'a', export_file: 'ok.json' })).status).toBe(202);
    const other = await train(key, { export_file: 'ok.json', model_name: 'b' });
    expect(pointers(expectProblem(other, 422, 'validation_failed'))).toEqual(['Idempotency-Key']);
    expectProblem(
      await train(key, { model_name: 'a', export_file: 'ok.json' }, bearers[0], '?dry_run=true'),
      422,
      'validation_failed',
    );
  });

  it('belongs to the caller: another one may use the same', async () => {
    const key = randomUUID();
    const mine = await train(key);
    const theirs = await train(key, { ...BODY, model_name: 'theirs' }, bearers[1]);
    expect(theirs.status, theirs.text).toBe(202);
    expect((theirs.body as { training_id: string }).training_id).not.toBe(
      (mine.body as { training_id: string }).training_id,
    );
  });

  it('is 409 while the first request is worked on, and then gets its answer', async () => {
    const key = randomUUID();
    const service = application.app.get(TrainingRequestsService, { strict: false });
    const real = service.submit.bind(service);
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    service.submit = async (...args) => {
      await gate;
      return real(...args);
    };
    try {
      const first = train(key).then((answer) => answer);
      await expect.poll(() => rowOf(key)).toBeDefined();
      const second = await train(key);
      expect(pointers(expectProblem(second, 409, 'conflict'))).toEqual(['Idempotency-Key']);
      expect(second.headers['retry-after']).toBe('1');
      go();
      const answer = await first;
      expect(answer.status, answer.text).toBe(202);
      expect((await train(key)).body).toEqual(answer.body);
    } finally {
      service.submit = real;
    }
  });

  it('is forgotten when the request fails, so that it may be sent again', async () => {
    const key = randomUUID();
    expectProblem(await train(key, { export_file: 'absent.json' }), 422, 'export_not_allowed');
    expect(await rowOf(key)).toBeUndefined();
    expect((await train(key, BODY)).status).toBe(202);
  });

  it('of a process that died is taken over, and the work it had begun is found', async () => {
    const key = randomUUID();
    const first = await train(key);
    // As it stands when the process dies between the run and the answer.
    await change(
      key,
      `status = NULL, body = NULL, headers = NULL, locked_until = now() - interval '1 second'`,
    );
    const before = await runs();
    const again = await train(key);
    expect(again.status, again.text).toBe(202);
    expect(again.headers['idempotency-replayed']).toBeUndefined();
    expect(again.body).toEqual(first.body);
    expect(await runs()).toBe(before);
  });

  it('is kept for a day: then it is a new one', async () => {
    const key = randomUUID();
    const first = await train(key);
    await change(key, `created_at = now() - interval '25 hours'`);
    const other = await train(key, { ...BODY, model_name: 'later' });
    expect(other.status, other.text).toBe(202);
    expect(other.body).not.toEqual(first.body);
    const keys = application.app.get(IdempotencyRepository, { strict: false });
    await change(key, `created_at = now() - interval '25 hours'`);
    expect(await keys.purge()).toBe(1);
    expect(await rowOf(key)).toBeUndefined();
  });

  it('sent by many at once starts one run, whoever is first', async () => {
    const key = randomUUID();
    const before = await runs();
    const answers = await Promise.all(Array.from({ length: 20 }, () => train(key)));
    const statuses = new Set(answers.map(({ status }) => status));
    expect(
      [...statuses].every((status) => status === 202 || status === 409),
      [...statuses].join(),
    ).toBe(true);
    expect(await runs()).toBe(before + 1);
  });

  describe('with an upload', () => {
    const directoryOf = (): string[] => readdirSync(join(directory, 'exports')).sort();
    const upload = (key: string, content: string, name = 'july.json') =>
      request(`http://127.0.0.1:${port}`)
        .post('/api/v1/exports')
        .set('authorization', `Bearer ${bearers[0]}`)
        .set('idempotency-key', key)
        .attach('file', Buffer.from(content), name);

    it('keeps one file of two, and refuses another one', async () => {
      const key = randomUUID();
      const first = await upload(key, '{"logs":[1]}');
      expect(first.status, first.text).toBe(201);
      const before = directoryOf();
      const second = await upload(key, '{"logs":[1]}');
      expect(second.status, second.text).toBe(201);
      expect(second.headers['idempotency-replayed']).toBe('true');
      expect(second.headers.location).toBe(first.headers.location);
      expect(second.body).toEqual(first.body);
      expectProblem(await upload(key, '{"logs":[2]}'), 422, 'validation_failed');
      expectProblem(await upload(key, '{"logs":[1]}', 'other.json'), 422, 'validation_failed');
      expect(directoryOf()).toEqual(before);
    });

    it('finds the export of a process that died before it could answer', async () => {
      const key = randomUUID();
      const first = await upload(key, '{"logs":[3]}');
      await change(
        key,
        `status = NULL, body = NULL, headers = NULL, locked_until = now() - interval '1 second'`,
      );
      const before = directoryOf();
      const again = await upload(key, '{"logs":[3]}');
      expect(again.status, again.text).toBe(201);
      expect(again.headers['idempotency-replayed']).toBeUndefined();
      expect(again.body).toEqual(first.body);
      expect(directoryOf()).toEqual(before);
    });
  });

  it.each(['a b', '', 'x'.repeat(201)])('%j is refused', async (key) => {
    expectProblem(await train(key), 422, 'validation_failed');
  });
});
