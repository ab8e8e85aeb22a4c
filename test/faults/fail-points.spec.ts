import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSampleExport } from '../e2e/sample-exports.js';
import { Service } from '../e2e/service.js';
import { FAIL_POINTS } from '../../src/platform/config/fail-point.js';
import { CliSandbox, type CliProcess } from '../support/cli.js';
import { eventually } from '../support/embedded-sandbox.js';
import { verifyInvariants } from './verify-invariants.js';

const FULL = process.env['FAULTS'] === 'full';
/** How often each point is tried. */
const ROUNDS = Number(process.env['FAULTS_ROUNDS'] ?? 1);
/** A sweep with its service takes longer than any other test. */
const LIFE_MS = FULL ? 4 * 60 * 60 * 1000 : 300_000;
const ALL = FAIL_POINTS.flatMap((point) => [`${point}:before`, `${point}:after`]);
/** Around the moments at which a version comes into being; `npm run bench:faults` takes all of them. */
const SOME = ['rename:after', 'commit:before', 'commit:after'];

let sandbox: CliSandbox;
let service: Service;
const models = new Set<string>();

beforeAll(async () => {
  sandbox = await CliSandbox.create('fail-points');
  await writeSampleExport(join(sandbox.exportsDir, 'june.json'), { entries: 4_000 });
  service = await Service.start(sandbox, { env: { TRAINING_API_WORKERS: '0' }, timeoutMs: LIFE_MS });
});
afterAll(async () => {
  await sandbox.cleanUp();
  if (FULL) console.log(JSON.stringify({ points: ALL.length, rounds: ROUNDS, ...summary() }));
});

/** Seconds from each kill until the next worker had ended the run, its start included. */
const resumed: { at: string; seconds: number }[] = [];

function summary(): object {
  const seconds = resumed.map((entry) => entry.seconds).sort((a, b) => a - b);
  const p95 = seconds[Math.min(seconds.length - 1, Math.floor(0.95 * seconds.length))];
  return { survived: resumed.length, median_s: seconds[seconds.length >> 1], p95_s: p95, resumed };
}

async function submit(): Promise<string> {
  const { body } = await service.post<{ training_id: string }>('/api/v1/training/train', {
    export_file: 'june.json',
    deploy: true,
  });
  return body.training_id;
}

async function startWorker(env: Record<string, string> = {}): Promise<CliProcess> {
  const worker = sandbox.start(['worker'], { env, timeoutMs: 600_000 });
  await eventually('the worker is there', 60_000, () => worker.stdout().includes('takes trainings'));
  return worker;
}

const failing = (failPoint: string): Promise<CliProcess> =>
  startWorker({ NODE_ENV: 'test', FAILPOINT: failPoint });

const runOf = async (id: string): Promise<Record<string, string | null>> =>
  (await sandbox.query<Record<string, string | null>>(`SELECT * FROM training_runs WHERE id = '${id}'`))[0];

async function completes(id: string): Promise<void> {
  await eventually('the run has ended', 120_000, async () => (await runOf(id)).finished_at !== null);
  expect(await runOf(id)).toMatchObject({ status: 'completed' });
}

async function stop(worker: CliProcess): Promise<void> {
  worker.child.kill('SIGTERM');
  await worker.done;
}

/** What holds after every fault, also that the bytes of the model are those without one (I7). */
async function assertWhole(): Promise<void> {
  const doctor = await sandbox.run(['doctor', '--json']);
  expect(doctor.code, doctor.stdout).toBe(0);
  const { databaseUrl, modelsDir } = sandbox;
  expect(await verifyInvariants({ databaseUrl: databaseUrl!, modelsDir, settled: true })).toEqual([]);
  const rows = await sandbox.query<{ hash: string }>(
    `SELECT DISTINCT artifacts->>'model.joblib' AS hash FROM model_versions`,
  );
  for (const { hash } of rows) models.add(hash);
  expect(models.size).toBe(1);
}

describe('a worker that is killed (F1)', () => {
  const rounds = Array.from({ length: FULL ? ROUNDS : 1 }, () => (FULL ? ALL : SOME)).flat();
  it.each(rounds)('%s: the run ends once, with one version', async (at) => {
    const victim = await failing(`${at}:kill`);
    const id = await submit();
    const { signal } = await victim.done;
    expect(signal).toBe('SIGKILL');
    const killed = performance.now();
    const heir = await startWorker();
    await completes(id);
    const seconds = Math.round((performance.now() - killed) / 100) / 10;
    await stop(heir);
    await assertWhole();
    resumed.push({ at, seconds });
  });
});

describe('a worker that goes silent', () => {
  /** As if the lease had run out; the test need not wait for that. */
  const endLease = (id: string): Promise<unknown> =>
    sandbox.query(
      `UPDATE training_runs SET lease_expires_at = now() - interval '1 s' WHERE id = '${id}' RETURNING id`,
    );

  it.each([
    ['is paused before it registers its version, and woken afterwards (F22)', 'insert:before:stop'],
    ['is paused while it trains, and woken afterwards (F22)', 'fit:after:stop'],
    ['hangs (F21)', 'split:before:hang'],
  ])('%s loses the run to another one, and changes nothing any more', async (_, failPoint) => {
    const silent = await failing(failPoint);
    const id = await submit();
    await eventually('it has stopped renewing', 60_000, async () => {
      const [{ silent: stopped }] = await sandbox.query<{ silent: boolean }>(
        `SELECT status = 'running' AND lease_expires_at < now() + interval '25 s' AS silent
         FROM training_runs WHERE id = '${id}'`,
      );
      return stopped;
    });
    await endLease(id);
    const heir = await startWorker();
    await completes(id);
    const { version, fencing_token: token } = await runOf(id);
    silent.child.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    silent.child.kill('SIGKILL');
    await silent.done;
    expect(await runOf(id)).toMatchObject({ status: 'completed', version, fencing_token: token });
    await stop(heir);
    await assertWhole();
  });
});
