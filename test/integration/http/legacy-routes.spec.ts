import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEGACY_ROUTES } from '../../../src/platform/http/legacy-routes.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

describe('addresses of the predecessor', () => {
  const directory = temporaryDirectory('legacy');
  let application: TestApplication;
  let port = 0;
  let version = '';

  beforeAll(async () => {
    application = await startApplication('legacy', directory);
    port = await listen(application);
    writeFileSync(join(directory, 'exports', 'ok.json'), '{"logs":[]}');
    const registry = application.app.get(ModelRegistryService, { strict: false });
    const actor = { name: 'test', reason: null };
    const at = Date.UTC(2024, 1, 1);
    ({ version } = (await registry.register(buildTrainedModel(), '%Y%m%d_%H%M%S', at, actor)).model);
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}`);
  const train = (path: string) => api().post(path).send({ export_file: 'ok.json' });
  const idOf = ({ body }: { body: unknown }): string => (body as { training_id: string }).training_id;

  it('answer as the routes of today do, and say so', async () => {
    for (const path of ['/api/v1/training/start', '/api/v1/training/jobs', '/api/training/start']) {
      const answer = await train(path);
      expect(answer.status, answer.text).toBe(202);
      expect(answer.headers).toMatchObject({
        deprecation: '@1795219200',
        sunset: 'Sun, 21 Nov 2027 00:00:00 GMT',
      });
      expect(answer.headers.link).toBe('</api/v1/training/train>; rel="successor-version"');
    }
    expect((await train('/api/v1/training/train')).headers.deprecation).toBeUndefined();
    const runs = await api().get('/api/v1/training/runs?limit=2');
    for (const path of ['/api/v1/training/jobs', '/api/v1/training/list', '/api/training/jobs']) {
      expect((await api().get(`${path}?limit=2`)).body).toEqual(runs.body);
    }
  });

  it('keep ids and queries, and cancel with DELETE', async () => {
    const id = idOf(await train('/api/v1/training/start'));
    expect((await api().get(`/api/v1/training/jobs/${id}`)).body).toMatchObject({ training_id: id });
    const dry = await api().delete(`/api/v1/training/jobs/${id}?dry_run=true`);
    expect(dry.body).toMatchObject({ status: 'queued' });
    const cancelled = await api().delete(`/api/training/cancel/${id}`);
    expect(cancelled.status, cancelled.text).toBe(202);
    expect(cancelled.body).toMatchObject({ training_id: id, status: 'cancelled' });
    expectProblem(await api().get('/api/v1/training/jobs/nobody'), 400, 'bad_request');
  });

  it('give out the package of a version, and the lists', async () => {
    const old = await api().get(`/api/v1/models/${version}/deployment-package`);
    expect(old.status).toBe(200);
    expect(old.headers['content-type']).toContain('application/zip');
    const now = await api().get(`/api/v1/models/${version}/download?format=package`);
    expect(old.headers.etag).toBe(now.headers.etag);
    expect((await api().get('/api/v1/models/list')).body).toEqual((await api().get('/api/v1/models')).body);
    expect((await api().get('/api/v1/training/exports')).body).toEqual(
      (await api().get('/api/v1/exports')).body,
    );
    expect((await api().get('/api/health')).body).toEqual({ status: 'ok' });
  });

  it('stand in the page and, as deprecated, in the OpenAPI document', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/api.md'), 'utf8');
    const { paths } = (await api().get('/api/openapi.json')).body as {
      paths: Record<string, Record<string, { deprecated?: boolean }>>;
    };
    for (const { method, path } of LEGACY_ROUTES) {
      expect(page).toContain(`\`${method.toUpperCase()} ${path.slice('/api/v1'.length)}\``);
      expect(paths[path][method].deprecated, path).toBe(true);
    }
  });
});
