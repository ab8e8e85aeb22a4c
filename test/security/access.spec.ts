import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../support/application.js';
import { listen } from '../support/http.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { SecurityBench } from './bench.js';

const MODELS = '/api/v1/models';
const ORIGIN = 'https://dashboard.example.org';

describe('identity, browsers', () => {
  const directory = temporaryDirectory('security-access');
  let bench: SecurityBench;
  beforeAll(async () => {
    bench = await SecurityBench.start('access', directory);
  });
  afterAll(() => bench.application.close());
  afterEach(() => bench.oracle());

  it('S74 no key, an expired one and a revoked one, wherever it goes', async () => {
    const { expired, revoked } = bench.keys;
    for (const key of [null, expired, revoked, 'x', 'null', 'undefined', `${bench.keys.reader}x`]) {
      for (const path of [
        MODELS,
        '/metrics',
        '/api/docs',
        '/api/openapi.json',
        '/nothing',
        '/api/v1/health/x',
      ]) {
        const answer = await bench.send('GET', path, { key });
        expect(answer.status, `${String(key)} ${path}`).toBe(401);
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm=/);
      }
    }
  });

  it('S74 two keys that differ are none', async () => {
    const headers = { 'x-api-key': bench.keys.reader };
    expect((await bench.send('GET', MODELS, { headers })).status).toBe(401);
    expect((await bench.send('GET', MODELS, { headers, key: bench.keys.reader })).status).toBe(200);
  });

  it('S76 a reader changes nothing, and the attempt is written down', async () => {
    const { reader: key } = bench.keys;
    const id = '00000000-0000-4000-8000-000000000000';
    const calls: [string, string][] = [
      ['POST', '/api/v1/training/train'],
      ['POST', `/api/v1/training/${id}/cancel`],
      ['POST', `${MODELS}/20240101_000000/deploy`],
      ['POST', `${MODELS}/rollback`],
      ['POST', `${MODELS}/import`],
      ['POST', '/api/v1/exports'],
      ['DELETE', `/api/v1/exports/${id}`],
    ];
    for (const [method, path] of calls) {
      expect((await bench.json(method, path, {}, { key })).status, path).toBe(403);
    }
    await expect
      .poll(async () => {
        const rows: { id: string }[] = await bench.application.dataSource.query(
          `SELECT entity_id AS id FROM audit_log WHERE action = 'refuse' AND actor LIKE 'key:reader/%'`,
        );
        return rows.map((row) => row.id).sort();
      })
      .toEqual(calls.map(([, path]) => path).sort());
  });

  it('S77 names that would forge a line of the log', async () => {
    const line = 'a\\n{\\"level\\":\\"info\\",\\"msg\\":\\"promoted\\"}';
    await bench.send('GET', '/api/v1/nothing', { headers: { 'user-agent': line, 'x-request-id': line } });
    await bench.upload('/api/v1/exports', 'a%0A{"level":"info"}.json', '{}');
    for (const text of bench.application.log) {
      expect(text.trimEnd().split('\n')).toHaveLength(1);
      expect(() => JSON.parse(text) as unknown).not.toThrow();
    }
  });

  it('S79 passwords that everybody knows', async () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    for (const authorization of [
      basic('admin:admin'),
      basic('admin:password1234'),
      'Bearer ',
      'Bearer changeme',
    ]) {
      expect((await bench.send('GET', MODELS, { key: null, headers: { authorization } })).status).toBe(401);
    }
    expect((await bench.send('GET', MODELS, { key: null, headers: { 'x-api-key': '' } })).status).toBe(401);
  });

  it('S80 a key in an address, also beside a good one in a header', async () => {
    const { reader, operator } = bench.keys;
    for (const query of [
      `api_key=${reader}`,
      `key=${reader}`,
      `x=${reader}`,
      'access_token=x',
      'API-KEY=x',
    ]) {
      expect((await bench.send('GET', `${MODELS}?${query}`, { key: operator })).status, query).toBe(401);
    }
    expect((await bench.send('GET', `${MODELS}/${reader}`, { key: operator })).status).toBe(401);
    expect((await bench.send('GET', `/api/v1/health/live?token=${reader}`, { key: null })).status).toBe(401);
  });

  it('S82 hosts of others, two hosts, and the address of another server', async () => {
    for (const host of ['evil.example.com', '127.0.0.1.evil.com', '127.0.0.1:80:80', '127.0.0.1@evil.com']) {
      for (const path of [MODELS, '/metrics', '/api/docs', '/api/v1/health/live']) {
        expect([400, 421], host).toContain((await bench.send('GET', path, { headers: { host } })).status);
      }
    }
    const key = `Authorization: Bearer ${bench.keys.reader}\r\nConnection: close\r\n\r\n`;
    const none = await bench.raw(`GET ${MODELS} HTTP/1.1\r\nHost:\r\n${key}`);
    expect(none.text).toMatch(/^HTTP\/1\.1 (400|421) /);
    const both = await bench.raw(`GET ${MODELS} HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.com\r\n${key}`);
    expect(both.text).toMatch(/^HTTP\/1\.1 (400|421) /);
    const absolute = await bench.raw(`GET http://evil.com${MODELS} HTTP/1.1\r\nHost: 127.0.0.1\r\n${key}`);
    expect(absolute.text).toMatch(/^HTTP\/1\.1 (400|421) /);
  });

  it('S83 no other origin reads, and none changes anything', async () => {
    for (const origin of ['null', 'https://evil.com', 'http://127.0.0.1.evil.com', 'http://localhost:1']) {
      const read = await bench.send('GET', MODELS, { headers: { origin } });
      expect(read.headers['access-control-allow-origin']).toBeUndefined();
      expect(read.headers['access-control-allow-credentials']).toBeUndefined();
      const preflight = await bench.send('OPTIONS', MODELS, {
        key: null,
        headers: { origin, 'access-control-request-method': 'DELETE' },
      });
      expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
      expect((await bench.train({ export_file: 'ok.json' }, { headers: { origin } })).status).toBe(403);
    }
    const crossSite = { 'sec-fetch-site': 'cross-site' };
    expect((await bench.train({ export_file: 'ok.json' }, { headers: crossSite })).status).toBe(403);
    const own = { origin: `http://127.0.0.1:${bench.port}` };
    const answer = await bench.train({ export_file: 'absent.json' }, { headers: own });
    expect(answer.status).toBe(422);
  });

  it('S85 no page may frame an answer', async () => {
    for (const path of ['/', '/api/docs', MODELS, '/api/v1/health/live']) {
      const { headers } = await bench.send('GET', path);
      expect(headers['content-security-policy'], path).toContain("frame-ancestors 'none'");
      expect(headers['x-frame-options']).toBe('DENY');
      const scripts = /script-src ([^;]*)/.exec(String(headers['content-security-policy']))?.[1];
      expect(scripts).toBe("'self'");
    }
    const { headers } = await bench.send('GET', MODELS);
    expect(headers['content-security-policy']).not.toContain('unsafe-inline');
  });

  it('S86 the documentation shows this service only', async () => {
    const plain = await bench.send('GET', '/api/docs');
    for (const query of ['url=https://evil/x.json', 'configUrl=https://evil/c.json']) {
      expect((await bench.send('GET', `/api/docs?${query}`)).text).toBe(plain.text);
    }
    const boot = await bench.send('GET', '/api/docs/swagger-ui-init.js');
    expect(boot.text).not.toMatch(/queryConfigEnabled["']?\s*:\s*true/);
    expect(plain.text).not.toMatch(/(src|href)=["'](https?:)?\/\//);
  });

  it('S100 probes say a word, nothing else', async () => {
    for (const probe of ['', '/live', '/ready', '/startup']) {
      expect((await bench.send('GET', `/api/v1/health${probe}`, { key: null })).text).toBe('{"status":"ok"}');
    }
  });
});

describe('a service that pages of one origin may call, at ten requests a minute', () => {
  const directory = temporaryDirectory('security-limits');
  let application: TestApplication;
  let base = '';
  beforeAll(async () => {
    const env = { TRAINING_API_CORS_ORIGINS: ORIGIN, TRAINING_API_RATE_LIMIT: '10' };
    application = await startApplication('security_limits', directory, { env });
    base = `http://127.0.0.1:${await listen(application)}`;
  });
  afterAll(() => application.close());

  it('S83 answers its preflight and nobody else’s, without credentials', async () => {
    const preflight = (origin: string) =>
      fetch(`${base}${MODELS}`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'DELETE' },
      });
    const ours = await preflight(ORIGIN);
    expect(ours.status).toBe(204);
    expect(ours.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(ours.headers.get('access-control-allow-credentials')).toBeNull();
    expect(ours.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect((await preflight('https://evil.com')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('counts what is left, then answers 429 with the time to wait; probes go on', async () => {
    const call = (path: string) => fetch(`${base}${path}`);
    const answers: Response[] = [];
    for (let i = 0; i < 12; i++) answers.push(await call(MODELS));
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(200), 429, 429]);
    expect(answers.slice(0, 3).map(({ headers }) => headers.get('ratelimit-remaining'))).toEqual([
      '9',
      '8',
      '7',
    ]);
    const refused = answers[10];
    expect(refused.headers.get('ratelimit-limit')).toBe('10');
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect((await call('/api/v1/health/ready')).status).toBe(200);
  });
});
