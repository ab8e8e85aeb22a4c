import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { TrainingRunsService } from '../../../src/training/training-runs.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, INSIDE, listen, pointers } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

describe('the REST API', () => {
  const directory = temporaryDirectory('http');
  const exportsDir = join(directory, 'exports');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('http', directory);
    port = await listen(application);
    writeFileSync(join(exportsDir, 'ok.json'), '{"logs":[]}');
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}`);

  const train = (body: object) => api().post('/api/v1/training/train').send(body);

  describe('problems', () => {
    it('for an unknown address', async () => {
      expectProblem(await api().get('/api/v1/nothing'), 404, 'not_found');
      expectProblem(await api().delete('/api/v1/training/train'), 404, 'not_found');
    });

    it('name every wrong member at once, unknown ones included', async () => {
      const body = { export_file: 7, model_name: 'Bad Name', deploy: 'yes', surprise: 1 };
      const problem = expectProblem(await train(body), 422, 'validation_failed');
      expect(new Set(pointers(problem))).toEqual(
        new Set(['/export_file', '/model_name', '/deploy', '/surprise']),
      );
      expect(problem.errors?.find(({ pointer }) => pointer === '/surprise')?.code).toBe('unknown_property');
    });

    it('for a body that is no JSON', async () => {
      const response = await api()
        .post('/api/v1/training/train')
        .set('content-type', 'application/json')
        .send('{"export_file": ');
      expectProblem(response, 400, 'bad_request');
    });

    it('for a body that is too large', async () => {
      expectProblem(
        await train({ export_file: 'x'.repeat(application.config.values.api.max_body_bytes) }),
        413,
        'payload_too_large',
      );
    });

    it('for prototype keys, which reach nothing', async () => {
      const response = await api()
        .post('/api/v1/training/train')
        .set('content-type', 'application/json')
        .send(
          '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"export_file":"ok.json"}',
        );
      expect([202, 422]).toContain(response.status);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    });

    it('for a value that is missing', async () => {
      expectProblem(await train({}), 422, 'validation_failed');
      expectProblem(await api().post('/api/v1/training/train'), 422, 'validation_failed');
    });

    it('for something unexpected tell only the request id; the log has the rest', async () => {
      const runs = application.app.get(TrainingRunsService, { strict: false });
      const real = runs.get.bind(runs);
      runs.get = () => Promise.reject(new Error('secret /tmp/detail'));
      try {
        const response = await api()
          .get(`/api/v1/training/status/${randomUUID()}`)
          .set('x-request-id', 'my-request-1');
        expectProblem(response, 500, 'internal');
        expect(response.headers['x-request-id']).toBe('my-request-1');
        expect(application.log.some((line) => line.includes('secret /tmp/detail'))).toBe(true);
        expect(application.log.some((line) => line.includes('my-request-1'))).toBe(true);
      } finally {
        runs.get = real;
      }
    });

    it('for a disk that cannot be written do not name its path', async () => {
      const target = application.config.paths.deployedDir;
      const registry = application.app.get(ModelRegistryService, { strict: false });
      const now = Date.UTC(2024, 1, 1);
      const actor = { name: 'test', reason: null };
      const { model } = await registry.register(buildTrainedModel(), '%Y%m%d_%H%M%S', now, actor);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, 'a file in the way');
      const response = await api()
        .post(`/api/v1/models/${model.version}/deploy`)
        .set('if-match', '*')
        .send({});
      expectProblem(response, 503, 'unavailable');
      expect(response.headers['retry-after']).toBe('5');
      rmSync(target);
    });
  });

  describe('names in the address', () => {
    it.each([
      '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
      '%252e%252e%252fetc%252fpasswd',
      '..%5c..%5cx',
      '%c0%ae%c0%ae',
      '..;',
      '1e9',
      '-1',
      '%EF%BC%91',
      'v1%20',
      'v%00',
      'x'.repeat(3000),
    ])('models/%s is answered with 400 or 404', async (name) => {
      const response = await api().get(`/api/v1/models/${name}`);
      expect([400, 404]).toContain(response.status);
      expect(response.headers['content-type']).toContain('application/problem+json');
      expect(response.text).not.toMatch(INSIDE);
    });

    it('are UUIDs where runs and exports are meant', async () => {
      expectProblem(await api().get('/api/v1/training/status/1'), 400, 'bad_request');
      expectProblem(await api().get('/api/v1/exports/..%2fx'), 400, 'bad_request');
      expectProblem(await api().get(`/api/v1/exports/${randomUUID()}`), 404, 'not_found');
    });

    it.each(['latest', 'deployed'])('models/%s is not taken for a version', async (name) => {
      expectProblem(await api().get(`/api/v1/models/${name}?model=none`), 404, 'not_found');
    });
  });

  describe('cursors', () => {
    const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    it.each([
      ['of another list', cursor('2024-01-01T00:00:00.000Z', '20240101_120000')],
      ['with a time PostgreSQL cannot read', cursor('+275760-09-13T00:00:00.000Z', randomUUID())],
      ['with SQL in it', cursor('2024-01-01T00:00:00.000Z', "' OR 1=1 --")],
      ['of three parts', cursor('2024-01-01T00:00:00.000Z', randomUUID(), 1)],
      ['that are no JSON', 'abc'],
    ])('%s are refused with 400', async (_case, text) => {
      for (const list of ['training/runs', 'exports']) {
        expectProblem(await api().get(`/api/v1/${list}?cursor=${text}`), 400, 'usage');
      }
    });

    it('lead through all runs the other way round too, and runs can be narrowed down', async () => {
      for (let i = 0; i < 3; i++) await train({ export_file: 'ok.json', model_name: 'sorted' });
      const ids = async (query: string): Promise<string[]> => {
        const answer = await api().get(`/api/v1/training/runs?model=sorted${query}`);
        expect(answer.status, answer.text).toBe(200);
        return (answer.body as { items: { training_id: string }[] }).items.map((item) => item.training_id);
      };
      const newest = await ids('');
      expect(await ids('&sort=created_at')).toEqual(newest.toReversed());
      const first = await api().get('/api/v1/training/runs?model=sorted&sort=created_at&limit=2');
      const { next_cursor: next } = first.body as { next_cursor: string };
      expect(await ids(`&sort=created_at&cursor=${next}`)).toEqual([newest[0]]);
      expect(await ids('&origin=api&created_from=2020-01-01')).toHaveLength(3);
      expect(await ids('&origin=cli')).toEqual([]);
      expect(await ids('&created_before=2020-01-01T00:00:00Z')).toEqual([]);
      for (const query of ['created_from=2024-02-31', 'origin=x']) {
        expectProblem(await api().get(`/api/v1/training/runs?${query}`), 422, 'validation_failed');
      }
      for (const query of ['sort=-(select%20pg_sleep(9))', 'sort=status']) {
        expect(
          pointers(expectProblem(await api().get(`/api/v1/training/runs?${query}`), 400, 'usage')),
        ).toEqual(['/sort']);
      }
    });

    it('lead through all runs', async () => {
      for (let i = 0; i < 5; i++) await train({ export_file: 'ok.json', model_name: 'paged' });
      const seen: string[] = [];
      let next: string | null = '';
      while (next !== null) {
        const query: string = next === '' ? '' : `&cursor=${next}`;
        const { body } = (await api().get(`/api/v1/training/runs?model=paged&limit=2${query}`)) as {
          body: { items: { training_id: string }[]; next_cursor: string | null };
        };
        seen.push(...body.items.map((item) => item.training_id));
        next = body.next_cursor;
      }
      expect(seen.length).toBe(5);
      expect(new Set(seen).size).toBe(5);
    });
  });

  describe('training requests', () => {
    it('are queued and answer with their address', async () => {
      const response = await train({ export_file: 'exports/ok.json' });
      expect(response.status).toBe(202);
      const { training_id: id } = response.body as { training_id: string };
      expect(response.headers.location).toBe(`/api/v1/training/status/${id}`);
      const status = await api().get(`/api/v1/training/status/${id}`);
      expect(status.body).toMatchObject({ status: 'queued', origin: 'api', error: null });
      const cancelled = await api().post(`/api/v1/training/${id}/cancel`);
      expect(cancelled.body).toMatchObject({ status: 'cancelled' });
      expectProblem(await api().get(`/api/v1/training/${id}/report`), 409, 'conflict');
    });

    it.each([['../../secret.txt'], ['/etc/passwd'], ['no-such.json'], ['ok.json\u0000.png']])(
      'for the file %j are refused, one like the other',
      async (name) => {
        const problem = expectProblem(await train({ export_file: name }), 422, 'export_not_allowed');
        expect(pointers(problem)).toEqual(['/export_file']);
      },
    );

    it('never fetch an address given as a file', async () => {
      expectProblem(await train({ export_file: { url: 'http://127.0.0.1:9009' } }), 422, 'validation_failed');
    });

    it('name the dates that are wrong', async () => {
      const body = { export_file: 'ok.json', start_date: 'tomorrow', end_date: '2024-13-01' };
      const problem = expectProblem(await train(body), 422, 'validation_failed');
      expect(pointers(problem)).toEqual(['/start_date', '/end_date']);
      const reversed = { export_file: 'ok.json', start_date: '2024-02-01', end_date: '2024-01-01' };
      expect(pointers(expectProblem(await train(reversed), 422, 'validation_failed'))).toEqual(['/end_date']);
    });

    it.each([
      [{ storage: { directory: '/' } }],
      [{ database: { url: 'postgres://x' } }],
      [{ model: { n_estimators: 1e9 } }],
      [{ isAdmin: true }],
    ])('cannot override %j', async (overrides) => {
      const response = await train({ export_file: 'ok.json', config_overrides: overrides });
      expect(response.status).toBe(422);
      expect(response.text).not.toMatch(INSIDE);
    });

    it('with one Idempotency-Key are one run, also at the same time', async () => {
      const key = randomUUID();
      const send = (body: object) => train(body).set('idempotency-key', key);
      const responses = await Promise.all(Array.from({ length: 5 }, () => send({ export_file: 'ok.json' })));
      expect(responses.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
      const ids = responses.map(({ body }) => (body as { training_id: string }).training_id);
      expect(new Set(ids).size).toBe(1);
      const other = await send({ export_file: 'ok.json', model_name: 'other' });
      expectProblem(other, 422, 'validation_failed');
    });

    it('refuse a key that is not printable', async () => {
      expectProblem(
        await train({ export_file: 'ok.json' }).set('idempotency-key', 'a b'),
        422,
        'validation_failed',
      );
    });
  });

  it('a reason with a NUL is refused before it reaches the database', async () => {
    const response = await api()
      .post('/api/v1/models/v1/deploy')
      .set('if-match', '*')
      .send({ reason: 'a\u0000b' });
    expect(pointers(expectProblem(response, 422, 'validation_failed'))).toEqual(['/reason']);
  });
});
