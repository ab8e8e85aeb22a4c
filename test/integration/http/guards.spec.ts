import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../../support/application.js';
import { listen } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const KEY = 'a-long-enough-key-1';

describe('the guards in front of the API', () => {
  const directory = temporaryDirectory('guards');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('guards', directory, {
      apiKey: KEY,
      hosts: ['127.0.0.1', 'localhost', '[::1]', 'models.example.org'],
    });
    port = await listen(application);
  });
  afterAll(() => application.close());

  const get = (path: string) => request(`http://127.0.0.1:${port}`).get(path);

  it.each([
    ['/api/v1/models', undefined, 401],
    ['/api/v1/models', `Bearer ${KEY}`, 200],
    ['/api/v1/models', `bearer ${KEY}`, 200],
    ['/api/v1/models', `Bearer ${KEY}x`, 401],
    ['/api/v1/models', 'Bearer ', 401],
    ['/api/v1/models', `Basic ${KEY}`, 401],
    [`/api/v1/models?api_key=${KEY}`, undefined, 401],
    ['/api/openapi.json', undefined, 401],
    ['/api/v1/health', undefined, 200],
    ['/api/v1/health/live', undefined, 200],
    ['/api/v1/health/ready', undefined, 200],
    ['/API/v1/models', undefined, 401],
    ['/api/v1/health/../models', undefined, 404],
  ])('%s with %j is answered with %i', async (path, authorization, status) => {
    const call = get(path);
    const response = await (authorization === undefined ? call : call.set('authorization', authorization));
    expect(response.status).toBe(status === 404 ? response.status : status);
    if (status === 404) expect([401, 404]).toContain(response.status);
    if (response.status === 401) {
      expect(response.headers['www-authenticate']).toMatch(/^Bearer realm="mcp-training"/);
      expect(response.headers['content-type']).toContain('application/problem+json');
    }
  });

  it('say within about a second that the database is silent, and ask it once for all who ask', async () => {
    const busy = Array.from({ length: 5 }, () => application.dataSource.query('SELECT pg_sleep(2)'));
    const begun = performance.now();
    const answers = await Promise.all([1, 2, 3].map(() => get('/api/v1/health/ready')));
    const seconds = (performance.now() - begun) / 1000;
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(seconds).toBeLessThan(1.5);
    expect((await get('/api/v1/health/live')).status).toBe(200);
    await Promise.all(busy);
    await expect.poll(async () => (await get('/api/v1/health/ready')).status).toBe(200);
  });

  it('take the key as X-API-Key too', async () => {
    expect((await get('/api/v1/models').set('x-api-key', KEY)).status).toBe(200);
  });

  it.each([
    ['127.0.0.1', 200],
    ['127.0.0.1:8001', 200],
    ['LOCALHOST:1', 200],
    ['[::1]:8001', 200],
    ['models.example.org', 200],
    ['evil.example.com', 421],
    ['127.0.0.1.evil.com', 421],
    ['127.0.0.1:8001.evil.com', 421],
    ['localhost@evil.com', 421],
  ])('answer for the host %s with %i', async (host, status) => {
    const response = await get('/api/v1/health/live').set('host', host);
    expect(response.status).toBe(status);
    if (status === 421) expect(response.headers['content-type']).toContain('application/problem+json');
  });

  it('give every answer an id: the client’s if it is plain, else a new one', async () => {
    const ids = await Promise.all(
      ['abc-1', 'x'.repeat(101), 'a b', ''].map(
        async (id) => (await get('/api/v1/health/live').set('x-request-id', id)).headers['x-request-id'],
      ),
    );
    expect(ids[0]).toBe('abc-1');
    for (const id of ids.slice(1)) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('write one line a request, with its id, its trace and who asked; never a query, a key or a probe', async () => {
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const answer = await get('/api/v1/models?limit=7')
      .set('authorization', `Bearer ${KEY}`)
      .set({ 'x-request-id': 'logged-1', traceparent: trace });
    expect(answer.headers.traceparent).toBe(trace);
    const lines = () =>
      application.log
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((one) => one.context === 'http');
    await expect.poll(() => lines().find((one) => one.request_id === 'logged-1')).toBeDefined();
    expect(lines().find((one) => one.request_id === 'logged-1')).toMatchObject({
      method: 'GET',
      path: '/api/v1/models',
      status: 200,
      duration_ms: expect.any(Number) as number,
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      actor: 'key:environment',
      level: 30,
    });
    await get(`/api/v1/models/${KEY}`).set('x-request-id', 'logged-2');
    await expect
      .poll(() => lines().find((one) => one.request_id === 'logged-2'))
      .toMatchObject({ path: '/', status: 401 });
    await get('/api/v1/health/live').set('x-request-id', 'logged-3');
    await expect
      .poll(() => lines().find((one) => one.request_id === 'logged-3'))
      .toMatchObject({ level: 20 });
    expect(application.log.join('')).not.toContain(KEY);
    expect(application.log.join('')).not.toContain('limit=7');
  });

  it.each(['00-' + '0'.repeat(32) + '-00f067aa0ba902b7-01', 'ff-4bf9-1-1', 'a\u0001', 'x'])(
    'do not repeat the traceparent %j',
    async (trace) => {
      const response = await get('/api/v1/health/live').set('traceparent', encodeURI(trace));
      expect(response.headers.traceparent).toBeUndefined();
    },
  );

  it('count requests, and say how many are left; probes are free', async () => {
    const read = async () => (await get('/api/v1/models').set('authorization', `Bearer ${KEY}`)).headers;
    const [first, second] = [await read(), await read()];
    expect(Number(first['ratelimit-limit'])).toBe(application.config.values.api.rate_limit);
    expect(Number(second['ratelimit-remaining'])).toBe(Number(first['ratelimit-remaining']) - 1);
    expect(Number(second['ratelimit-reset'])).toBeGreaterThan(0);
    expect((await get('/api/v1/health/live')).headers['ratelimit-limit']).toBeUndefined();
  });

  it('set headers that keep browsers out, and none that lets other origins in', async () => {
    const { headers } = await get('/api/v1/health/live').set('origin', 'https://evil.example.com');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('let probes say no more than a word', async () => {
    for (const probe of ['', '/live', '/ready', '/startup']) {
      expect((await get(`/api/v1/health${probe}`)).body).toEqual({ status: 'ok' });
    }
  });
});
