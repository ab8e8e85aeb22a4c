import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox } from '../support/cli.js';
import { record } from './sample-exports.js';
import { freePort, multipart, Service, type Answer } from './service.js';

const API = '/api/v1';
const KEY = 'e2e-key-of-more-than-sixteen-characters';
const CANARY = 'CANARY-8d1f7c';

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors?: { pointer: string; message: string }[];
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<
    string,
    Record<string, { operationId?: string; responses: Record<string, unknown> }>
  >;
}

describe('what the REST API refuses, and how', () => {
  let sandbox: CliSandbox;
  let service: Service;

  const assertProblem = ({ status, headers, body, text }: Answer<Problem>, expected: number): void => {
    expect(status, text).toBe(expected);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({
      status: expected,
      title: expect.any(String) as string,
      detail: expect.any(String) as string,
    });
    expect(body.code).toMatch(/^[a-z_]+$/);
    expect(text).not.toMatch(/node_modules|\bat .*\.js:\d+|SELECT |ECONN/);
    expect(text).not.toContain(sandbox.directory);
    expect(text).not.toContain(CANARY);
  };
  const train = (body: unknown): Promise<Answer<Problem>> =>
    service.post<Problem>(`${API}/training/train`, body);

  beforeAll(async () => {
    sandbox = await CliSandbox.create('refusals');
    writeFileSync(sandbox.path('secret.json'), CANARY);
    mkdirSync(sandbox.path('exports-evil'));
    writeFileSync(sandbox.path('exports-evil', 'x.json'), CANARY);
    mkdirSync(join(sandbox.exportsDir, 'dir.json'));
    symlinkSync(sandbox.path('secret.json'), join(sandbox.exportsDir, 'link.json'));
    service = await Service.start(sandbox);
  });
  afterAll(async () => sandbox.cleanUp());

  it('every way out of the exports directory gets one and the same answer as a file that does not exist', async () => {
    const outside = [
      'absent.json',
      '../secret.json',
      '../../../../../../etc/passwd',
      '/etc/passwd',
      '/proc/self/environ',
      '//proc/self/root/etc/passwd',
      'exports/../../secret.json',
      'exports/exports/../../secret.json',
      '../exports-evil/x.json',
      '..\\secret.json',
      'C:\\secret.json',
      'link.json',
      'dir.json',
      '%2e%2e/secret.json',
      'file:///etc/passwd',
      'a.json?/../../secret.json',
      '.',
      'exports/',
    ];
    const messages = new Set<string>();
    for (const exportFile of outside) {
      const answer = await train({ export_file: exportFile });
      assertProblem(answer, answer.status === 404 ? 404 : 422);
      messages.add(answer.body.detail);
      const predicted = await service.post<Problem>(`${API}/models/20240101_000000/predict`, {
        export_file: exportFile,
      });
      expect([404, 422]).toContain(predicted.status);
    }
    expect([...messages], [...messages].join('\n')).toHaveLength(1);
  });

  it.each(['a.json\u0000.png', 'a\n.json', 'a\u202Ejson', ''])(
    'control characters in a name (%j) are refused',
    async (name) => {
      assertProblem(await train({ export_file: name }), 422);
    },
  );

  it.skipIf(platform() === 'win32')('a named pipe in the exports directory is refused at once', async () => {
    execFileSync('mkfifo', [join(sandbox.exportsDir, 'fifo.json')]);
    const begun = performance.now();
    assertProblem(await train({ export_file: 'fifo.json' }), 422);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('every wrong field is reported at once, unknown ones too', async () => {
    const answer = await train({
      export_file: 5,
      start_date: 'soon',
      model_name: '../x',
      isAdmin: true,
      deploy: 'yes',
    });
    assertProblem(answer, 422);
    const pointers = (answer.body.errors ?? []).map(({ pointer }) => pointer).join(' ');
    for (const field of ['export_file', 'model_name', 'isAdmin', 'deploy']) expect(pointers).toContain(field);
  });

  it('wrong configuration overrides name key and nearest spelling', async () => {
    writeFileSync(join(sandbox.exportsDir, 'small.json'), JSON.stringify({ logs: [record(0)] }));
    const answer = await train({
      export_file: 'small.json',
      config_overrides: { model: { contaminaton: 0.1 }, training: { test_size: 9 } },
    });
    assertProblem(answer, 422);
    expect(answer.text).toContain('model.contamination');
    expect(answer.text).toContain('test_size');
  });

  it.each([
    [{ storage: { models_dir: '/' } }],
    [{ storage: { directory: '/tmp' } }],
    [{ database: { url: 'postgresql://elsewhere/x' } }],
    [{ api: { host: '0.0.0.0' } }],
    [{ deployment: { targets: { default: { type: 'directory', directory: '/etc' } } } }],
  ])('overrides of a request cannot move files or open doors: %j', async (overrides) => {
    assertProblem(await train({ export_file: 'small.json', config_overrides: overrides }), 422);
  });

  it('bodies that are no JSON object are refused', async () => {
    for (const body of ['{"export_file":', '[1,2]', '"text"', 'null']) {
      const answer = await service.send<Problem>('POST', `${API}/training/train`, body);
      assertProblem(answer, answer.status === 422 ? 422 : 400);
    }
    const empty = await train({});
    assertProblem(empty, 422);
    const huge = await train({ export_file: 'x'.repeat(3_000_000) });
    assertProblem(huge, 413);
    const deep = `{"export_file":"small.json","config_overrides":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_001)}`;
    const nested = await service.send<Problem>('POST', `${API}/training/train`, deep);
    assertProblem(nested, 422);
  });

  it('uploads that are no upload are refused and leave no file', async () => {
    const before = readdirSync(sandbox.exportsDir);
    const noForm = await service.post<Problem>(`${API}/exports`, { file: 'x' });
    expect([400, 415, 422]).toContain(noForm.status);
    assertProblem(noForm, noForm.status);
    const cut = await service.send<Problem>(
      'POST',
      `${API}/exports`,
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n{',
      {
        'Content-Type': 'multipart/form-data; boundary=b',
      },
    );
    assertProblem(cut, 400);
    const noFile = new FormData();
    noFile.append('file', 'text instead of a file');
    const text = await service.post<Problem>(`${API}/exports`, noFile);
    expect([400, 422]).toContain(text.status);
    expect(readdirSync(sandbox.exportsDir)).toEqual(before);
  });

  it('a hostile file name of an upload stays inside the exports directory', async () => {
    const answer = await service.post<{ export_file: string }>(
      `${API}/exports`,
      multipart('../../evil\u202e.json', JSON.stringify({ logs: [record(0)] })),
    );
    if (answer.status === 201) {
      expect(answer.body.export_file).not.toMatch(/\.\.|\u202e/);
      expect(readdirSync(sandbox.directory).filter((name) => name.includes('evil'))).toEqual([
        'exports-evil',
      ]);
    } else expect([400, 422]).toContain(answer.status);
  });

  it('unknown things are 404, wrong identifiers 400 or 404, and never 500', async () => {
    const paths = [
      '/models/20240101_000000',
      '/models/-1',
      '/models/%252e%252e%252fetc%252fpasswd',
      '/models/..%2f..%2fetc%2fpasswd',
      '/models/%c0%ae%c0%ae',
      `/models/${'x'.repeat(5000)}`,
      '/training/status/00000000-0000-4000-8000-000000000000',
      '/training/status/not-a-uuid',
      '/training/status/%00',
      '/exports/not-a-uuid',
      '/nothing-here',
      '/models?limit=-1',
      '/models?limit=many',
      '/training/runs?cursor=%7B%7D',
      '/training/runs?status=happy',
    ];
    for (const path of paths) {
      const answer = await service.get<Problem>(API + path);
      expect([400, 404, 414, 422], `${path}: ${answer.text}`).toContain(answer.status);
      assertProblem(answer, answer.status);
    }
    expect(await service.rawStatus('/api/v1/../../etc/passwd')).toBeGreaterThanOrEqual(400);
  });

  it('a Host of somebody else is turned away (DNS rebinding), and no site may read answers across origins', async () => {
    expect([400, 421]).toContain(await service.rawStatus(`${API}/models`, { Host: 'evil.example' }));
    expect(await service.rawStatus(`${API}/models`, { Host: `localhost:${service.port}` })).toBe(200);
    const answer = await service.get(`${API}/models`, { Origin: 'https://evil.example' });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });

  it('the OpenAPI document is 3.1 and gives every operation a name of its own and a success', async () => {
    const { status, body } = await service.get<OpenApi>('/api/openapi.json');
    expect(status).toBe(200);
    expect(body.openapi).toMatch(/^3\.1\./);
    const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.every((id) => typeof id === 'string' && id !== '')).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    const withoutSuccess = operations.filter(
      ({ responses }) => !Object.keys(responses).some((code) => code.startsWith('2')),
    );
    expect(withoutSuccess.map(({ name }) => name)).toEqual([]);
    for (const path of ['/api/v1/training/train', '/api/v1/models/{version}', '/api/v1/health/ready']) {
      expect(Object.keys(body.paths)).toContain(path);
    }
  });

  it('the API documentation loads nothing from elsewhere', async () => {
    const { status, text } = await service.get('/api/docs');
    expect(status).toBe(200);
    const loaded = [...text.matchAll(/(?:src|href)\s*=\s*["']([^"']+)["']/g)].map(([, url]) => url);
    expect(loaded.length).toBeGreaterThan(0);
    for (const url of loaded) {
      expect(url).not.toMatch(/^(https?:)?\/\//);
      // Relative to /api/docs without a slash at its end.
      expect((await service.get(new URL(url, `http://x/api/docs`).pathname)).status, url).toBe(200);
    }
  });
});

describe('who may listen, and who may ask', () => {
  let sandbox: CliSandbox;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('keys');
  });
  afterAll(async () => sandbox.cleanUp());

  it('an address that others can reach needs a key', async () => {
    const port = String(await freePort());
    const results = await Promise.all([
      sandbox.run(['serve', '--host', '0.0.0.0', '--port', port], { timeoutMs: 20_000 }),
      sandbox.run(['serve', '--host', '0.0.0.0', '--port', port], {
        env: { TRAINING_API_KEY: '' },
        timeoutMs: 20_000,
      }),
    ]);
    for (const result of results) {
      expect(result.code, result.stdout + result.stderr).toBe(2);
      expect(result.stderr + result.stdout).toMatch(/key/i);
    }
  });

  it('a port in use is named', async () => {
    const service = await Service.start(sandbox);
    const result = await sandbox.run(['serve', '--port', String(service.port)], { timeoutMs: 30_000 });
    await service.stop();
    expect([1, 2]).toContain(result.code);
    expect(result.stderr).toContain(String(service.port));
    expect(result.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  });

  it('with a key set, every route but the health probes asks for it', async () => {
    const service = await Service.start(sandbox, { key: KEY });
    try {
      const routes = ['/models', '/models/latest', '/training/runs', '/exports', '/models/stats'];
      for (const route of routes) {
        const answer = await service.get<Problem>(API + route);
        expect(answer.status, route).toBe(401);
        expect(answer.headers.get('content-type')).toMatch(/problem\+json/);
      }
      expect((await service.post(`${API}/training/train`, { export_file: 'x.json' })).status).toBe(401);
      expect((await service.get(`${API}/models`, { Authorization: `Bearer ${KEY}x` })).status).toBe(401);
      expect((await service.get(`${API}/models?api_key=${KEY}`)).status).toBe(401);
      expect((await service.get(`${API}/health/live`)).status).toBe(200);
      const answers = await Promise.all([
        service.get(`${API}/models`, { Authorization: `Bearer ${KEY}` }),
        service.get(`${API}/models`, { 'X-API-Key': KEY }),
      ]);
      expect(answers.map(({ status }) => status)).toContain(200);
      expect(service.log).not.toContain(KEY);
    } finally {
      await service.stop('SIGKILL');
    }
  });
});
