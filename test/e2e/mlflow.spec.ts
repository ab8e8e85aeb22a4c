import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox } from '../support/cli.js';
import { eventually } from '../support/embedded-sandbox.js';
import { writeSampleExport } from './sample-exports.js';
import { freePort } from './service.js';

const program = process.env.MCP_TRAINING_MLFLOW ?? 'mlflow';
const hasMlflow = spawnSync(program, ['--version']).status === 0;
if (!hasMlflow) {
  console.warn(
    `SKIPPED: '${program}' does not run, so no run was logged to a real MLflow server. Set MCP_TRAINING_MLFLOW to one.`,
  );
}

interface Result {
  readonly version: string;
  readonly training_id: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly label_source: string;
  readonly artifacts: Readonly<Record<string, string>>;
  readonly training_samples: number;
}

interface LoggedRun {
  readonly info: {
    readonly run_id: string;
    readonly status: string;
    readonly run_name: string;
    readonly start_time: number;
    readonly end_time: number;
  };
  readonly data: {
    readonly metrics?: readonly { readonly key: string; readonly value: number }[];
    readonly params?: readonly { readonly key: string; readonly value: string }[];
    readonly tags?: readonly { readonly key: string; readonly value: string }[];
  };
}

const byKey = <T>(items: readonly { readonly key: string; readonly value: T }[] = []): Record<string, T> =>
  Object.fromEntries(items.map(({ key, value }) => [key, value]));

let sandbox: CliSandbox;
let file = '';

beforeAll(async () => {
  sandbox = await CliSandbox.create('mlflow');
  file = sandbox.path('june.json');
  await writeSampleExport(file);
});
afterAll(() => sandbox.cleanUp());

const train = (env: Record<string, string>, ...args: string[]) =>
  sandbox.run(['train', file, '--json', ...args], { env, timeoutMs: 180_000 });

describe.skipIf(!hasMlflow)('a real MLflow server', () => {
  let server: ChildProcess;
  let uri = '';

  beforeAll(async () => {
    const port = await freePort();
    uri = `http://127.0.0.1:${port}`;
    const state = sandbox.path('mlflow.db');
    server = spawn(
      program,
      [
        'server',
        ...['--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
        ...[
          '--backend-store-uri',
          `sqlite:///${state}`,
          '--artifacts-destination',
          sandbox.path('artifacts'),
        ],
      ],
      {
        stdio: 'ignore',
        detached: true,
        cwd: sandbox.directory,
        env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' },
      },
    );
    await eventually('MLflow answers', 110_000, () =>
      fetch(`${uri}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  }, 120_000);
  // Its web server is a process of its own: the whole group goes.
  afterAll(() => {
    if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
  });

  async function call<T>(path: string, body: unknown): Promise<T> {
    const answer = await fetch(`${uri}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as T;
  }

  async function runs(): Promise<LoggedRun[]> {
    const found = await fetch(`${uri}/api/2.0/mlflow/experiments/get-by-name?experiment_name=wifi-tests`);
    const { experiment } = (await found.json()) as { experiment: { experiment_id: string } };
    const { runs: all = [] } = await call<{ runs?: LoggedRun[] }>('runs/search', {
      experiment_ids: [experiment.experiment_id],
    });
    return all;
  }

  it('gets parameters, metrics with their label source, tags and every file of a version', async () => {
    const env = { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT_NAME: 'wifi-tests' };
    const { code, stdout, stderr } = await train(env);
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout) as Result;
    const [{ info, data }, ...others] = await runs();
    expect(others).toEqual([]);
    expect(info).toMatchObject({ status: 'FINISHED', run_name: result.version });
    expect(info.end_time).toBeGreaterThan(info.start_time);
    const metrics = byKey(data.metrics);
    expect(result.label_source).toBe('injected');
    expect(metrics['injected/recall']).toBe(result.metrics.recall);
    expect(metrics).not.toHaveProperty('recall');
    expect(metrics).toMatchObject({ training_samples: result.training_samples, gate_passed: 1 });
    expect(byKey(data.params)).toMatchObject({
      model_name: 'wifi',
      'model.type': 'isolation_forest',
      'model.n_estimators': '100',
      'features.window.length': '300',
    });
    expect(byKey(data.tags)).toMatchObject({
      'mcp_training.version': result.version,
      'mcp_training.training_id': result.training_id,
      'mcp_training.label_source': 'injected',
      'mcp_training.gate': 'passed',
    });
    const { artifacts, root } = await listArtifacts(info.run_id);
    expect(artifacts.sort()).toEqual(
      [...new Set([...Object.keys(result.artifacts), 'deployment_manifest.json'])]
        .map((name) => `model/${name}`)
        .sort(),
    );
    expect(await hashOf(root, 'model/model.joblib')).toBe(result.artifacts['model.joblib']);
    expect(await hashOf(root, 'model/forest.bin')).toBe(result.artifacts['forest.bin']);
  });

  it('is told of a run that fails, with the reason', async () => {
    const env = { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT_NAME: 'wifi-tests' };
    const { code } = await train(env, '--start-date', '2030-01-01');
    expect(code).toBe(3);
    const failed = (await runs()).filter(({ info }) => info.status === 'FAILED');
    expect(failed).toHaveLength(1);
    expect(byKey(failed[0].data.tags)['mcp_training.error_code']).toMatch(/export_invalid|not_enough_data/);
  });

  async function listArtifacts(runId: string): Promise<{ artifacts: string[]; root: string }> {
    const answer = await fetch(`${uri}/api/2.0/mlflow/artifacts/list?run_id=${runId}&path=model`);
    const { files = [], root_uri: root } = (await answer.json()) as {
      files?: { path: string }[];
      root_uri: string;
    };
    return { artifacts: files.map(({ path }) => path), root: root.replace(/^mlflow-artifacts:\/+/, '') };
  }

  async function hashOf(root: string, path: string): Promise<string> {
    const answer = await fetch(`${uri}/api/2.0/mlflow-artifacts/artifacts/${root}/${path}`);
    return createHash('sha256')
      .update(new Uint8Array(await answer.arrayBuffer()))
      .digest('hex');
  }
});

describe('an MLflow server that does not work', () => {
  let server: Server | undefined;
  const asked: { readonly path: string; readonly authorization: string | undefined }[] = [];

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    asked.length = 0;
  });

  async function serverThat(
    answers: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<string> {
    server = createServer((request, response) => {
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
      answers(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const SECRET = 'tok-3k1mZq9x7w';

  it.each<[string, () => Promise<string>, number]>([
    ['never answers', () => serverThat(() => undefined), 1],
    [
      'is broken',
      () => serverThat((_, response) => void response.writeHead(500).end(`no: Bearer ${SECRET}`)),
      3,
    ],
    [
      'refuses the key',
      () => serverThat((_, response) => void response.writeHead(401).end('who are you')),
      1,
    ],
    ['is something else', () => serverThat((_, response) => void response.end('<html>')), 1],
    ['is not there', async () => `http://127.0.0.1:${await freePort()}`, 0],
  ])(
    'that %s fails no training, holds it up for a bounded time, and shows no secret',
    async (_, start, calls) => {
      const uri = await start();
      const env = {
        MLFLOW_TRACKING_URI: uri,
        MLFLOW_TRACKING_TOKEN: SECRET,
        TRAINING_MLFLOW_TIMEOUT: '3',
      };
      const { code, stdout, stderr, durationMs } = await train(env, '--verbose');
      expect(code, stderr).toBe(0);
      expect((JSON.parse(stdout) as Result).version).toMatch(/^\d{8}_\d{6}/);
      expect(stderr).toContain('was not logged to MLflow');
      expect(stdout + stderr).not.toContain(SECRET);
      expect(durationMs).toBeLessThan(90_000);
      expect(asked).toHaveLength(calls);
      for (const { authorization } of asked) expect(authorization).toBe(`Bearer ${SECRET}`);
    },
  );

  it('takes user name and password from files', async () => {
    const uri = await serverThat((_, response) => void response.writeHead(403).end());
    const { writeFileSync } = await import('node:fs');
    for (const [name, text] of [
      ['user', 'trainer'],
      ['password', 'pa-55-word'],
    ])
      writeFileSync(join(sandbox.directory, name), `${text}\n`);
    const env = {
      MLFLOW_TRACKING_URI: uri,
      MLFLOW_TRACKING_USERNAME_FILE: sandbox.path('user'),
      MLFLOW_TRACKING_PASSWORD_FILE: sandbox.path('password'),
    };
    expect((await train(env)).code).toBe(0);
    expect(asked[0].authorization).toBe(`Basic ${Buffer.from('trainer:pa-55-word').toString('base64')}`);
    const printed = await sandbox.run(['config', 'print', '--json'], { env });
    expect(printed.stdout).toContain('tracking_uri');
    expect(printed.stdout).not.toContain('pa-55-word');
  });
});
