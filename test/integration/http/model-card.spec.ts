import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem, listen } from '../../support/http.js';
import { startWithModel, type ApplicationWithModel } from '../../support/imported-application.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

describe('GET /models/{version}/card', () => {
  const directory = temporaryDirectory('model-card');
  let application: ApplicationWithModel;
  let port = 0;

  beforeAll(async () => {
    application = await startWithModel('model_card', directory);
    port = await listen(application);
  });
  afterAll(() => application.close());

  const card = (version = application.version) =>
    request(`http://127.0.0.1:${port}`).get(`/api/v1/models/${version}/card`);
  const file = () => join(directory, 'models', application.version, 'report.html');

  it('is the registered page, as HTML that may load and run nothing', async () => {
    const response = await card();
    expect(response.status).toBe(200);
    expect(response.text).toBe(readFileSync(file(), 'utf8'));
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.headers['x-content-type-options']).toBe('nosniff');
    const policy = response.headers['content-security-policy'];
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
    expect(policy).toContain('sandbox');
    expect(policy).not.toContain('unsafe');
    expect(response.text).toContain(`Model card: wifi ${application.version}`);
  });

  it('is not sent again to who has it', async () => {
    const { etag } = (await card()).headers as { etag: string };
    expect((await card().set('if-none-match', etag)).status).toBe(304);
  });

  it('of no version is a problem, and a changed page marks the version corrupt', async () => {
    expectProblem(await card('20200101_000000'), 404, 'not_found');
    appendFileSync(file(), ' ');
    expectProblem(await card(), 409, 'artifact_integrity');
    expect((await application.registry.get(application.version)).status).toBe('corrupt');
  });
});
