import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPrivatePostgres, type PrivatePostgres } from '../integration/queue/private-postgres.js';
import { CliSandbox, type CliProcess } from '../support/cli.js';
import { eventually } from '../support/embedded-sandbox.js';
import { JULY, writeSampleExport } from './sample-exports.js';
import { freePort, Service } from './service.js';

const NO_WORKERS = { TRAINING_API_WORKERS: '0' };

interface Run extends Record<string, unknown> {
  readonly status: string;
  readonly training_id: string;
}

describe('worker processes beside a service without workers of its own', () => {
  let sandbox: CliSandbox;
  let service: Service;
  const workers: CliProcess[] = [];

  beforeAll(async () => {
    sandbox = await CliSandbox.create('workers');
    await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    await writeSampleExport(join(sandbox.exportsDir, 'july.json'), { ...JULY, entries: 40_000, days: 20 });
    service = await Service.start(sandbox, { env: NO_WORKERS });
  });
  afterAll(() => sandbox.cleanUp());

  async function startWorker(...args: string[]): Promise<CliProcess> {
    const worker = sandbox.start(['worker', ...args], { timeoutMs: 300_000 });
    workers.push(worker);
    await eventually('the worker is ready', 60_000, () => worker.stdout().includes('takes trainings'));
    return worker;
  }

  async function submit(file: string): Promise<string> {
    const { status, body } = await service.post<Run>('/api/v1/training/train', { export_file: file });
    expect(status).toBe(202);
    return body.training_id;
  }

  const statusOf = async (id: string): Promise<string> =>
    (await service.get<Run>(`/api/v1/training/status/${id}`)).body.status;

  async function stop(worker: CliProcess): Promise<void> {
    worker.child.kill('SIGTERM');
    const { code, signal } = await worker.done;
    expect([code, signal], worker.stdout() + worker.stderr()).toEqual([0, null]);
  }

  it('leaves a training alone until there is a worker, which then carries it out', async () => {
    const id = await submit('june.json');
    expect(await statusOf(id)).toBe('queued');
    const port = await freePort();
    const worker = await startWorker('--health-port', String(port));
    await eventually('completed', 60_000, async () => (await statusOf(id)) === 'completed');
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(metrics.status).toBe(200);
    const text = await metrics.text();
    expect(text).toContain('mcp_training_train_runs_total{outcome="completed"} 1\n');
    expect(text).not.toMatch(/^mcp_training_queue_oldest_age_seconds /m);
    const [{ worker_id: by }] = await sandbox.query<{ worker_id: string }>(
      `SELECT worker_id FROM training_runs WHERE id = '${id}'`,
    );
    expect(by).toMatch(new RegExp(`:${worker.child.pid}$`));
    await stop(worker);
  });

  it('gives the training of a worker that is told to stop to another one, and none is lost', async () => {
    const first = await startWorker();
    const id = await submit('july.json');
    await eventually('it runs', 60_000, async () => (await statusOf(id)) === 'running');
    const second = await startWorker();
    await stop(first);
    // Finished within the grace, or back in the queue: in any case once.
    await eventually('completed', 60_000, async () => (await statusOf(id)) === 'completed');
    expect(await sandbox.query(`SELECT 1 FROM model_versions WHERE training_run_id = '${id}'`)).toHaveLength(
      1,
    );
    await stop(second);
  });

  it('answers probes where it was told to, and ends with 0', async () => {
    const port = await freePort();
    const worker = await startWorker('--health-port', String(port));
    const probe = async (path: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/health/${path}`)).status;
    expect([await probe('live'), await probe('ready'), await probe('nothing')]).toEqual([200, 200, 404]);
    await stop(worker);
  });

  it.each([['0'], ['65'], ['two']])('refuses a concurrency of %s', async (value) => {
    const { code, stderr } = await sandbox.run(['worker', '--concurrency', value]);
    expect(code).toBe(2);
    expect(stderr).toContain('from 1 to 64');
  });
});

describe('a service whose database is not there yet (F6)', () => {
  let sandbox: CliSandbox;
  let postgres: PrivatePostgres;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('late-database');
    postgres = await createPrivatePostgres();
    await postgres.stop('fast');
  });
  afterAll(async () => {
    await sandbox.cleanUp();
    await postgres.remove();
  });

  it('lives without being ready, is ready soon after the database, and ends with 0', async () => {
    const port = await freePort();
    const address = `http://127.0.0.1:${port}/api/v1`;
    const process = sandbox.start(['serve', '--port', String(port)], {
      env: { DATABASE_URL: postgres.url },
      timeoutMs: 120_000,
    });
    const status = (path: string): Promise<number> =>
      fetch(`${address}${path}`).then(
        (answer) => answer.status,
        () => 0,
      );
    await eventually('it lives', 30_000, async () => (await status('/health/live')) === 200);
    const ready = await fetch(`${address}/health/ready`);
    expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await status('/models')).toBe(503);
    expect(process.stdout()).toContain('Waiting for PostgreSQL');

    await postgres.start();
    const begun = performance.now();
    await eventually('it is ready', 30_000, async () => (await status('/health/ready')) === 200);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await status('/models')).toBe(200);
    process.child.kill('SIGTERM');
    expect((await process.done).code).toBe(0);
  });

  it('ends at once when it is told to while it waits', async () => {
    await postgres.stop('fast');
    const worker = sandbox.start(['worker'], { env: { DATABASE_URL: postgres.url } });
    await eventually('it waits', 30_000, () => worker.stdout().includes('Waiting for PostgreSQL'));
    worker.child.kill('SIGTERM');
    expect((await worker.done).code).toBe(0);
    await postgres.start();
  });
});
