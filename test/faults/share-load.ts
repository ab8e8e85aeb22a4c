import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JULY, writeSampleExport } from '../e2e/sample-exports.js';
import { Service } from '../e2e/service.js';
import type { CliProcess, CliSandbox } from '../support/cli.js';
import { verifyInvariants } from './verify-invariants.js';

export interface Load {
  readonly workers: number;
  readonly trainings: number;
  /** One worker is killed with -9 that often... */
  readonly killEveryMs: number;
  /** ...and so many times at most; a new one takes its place at once. */
  readonly kills: number;
  readonly seed: number;
  readonly timeoutMs: number;
}

export interface LoadResult {
  readonly seconds: number;
  readonly kills: number;
  /** Code -> failed runs; `workers_lost` = given up after five dead workers. */
  readonly failures: Readonly<Record<string, number>>;
  /** Status -> runs. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly versions: number;
  /** Runs that were begun again because their worker was lost, and how often in all. */
  readonly runsBegunAgain: number;
  readonly restarts: number;
  /** Different model bytes of one input; 1 = none of the faults left a trace. */
  readonly modelsOfOneInput: number;
  readonly violations: readonly string[];
}

const FILES = ['june.json', 'july.json'] as const;

/** Queues trainings, lets workers share them while one after the other is killed, and counts what became of them. */
export async function shareLoad(sandbox: CliSandbox, load: Load): Promise<LoadResult> {
  await writeSampleExport(join(sandbox.exportsDir, FILES[0]), { entries: 4_000 });
  await writeSampleExport(join(sandbox.exportsDir, FILES[1]), { ...JULY, entries: 4_000 });
  const service = await Service.start(sandbox, { env: { TRAINING_API_WORKERS: '0' } });
  for (let i = 0; i < load.trainings; i++)
    await service.post('/api/v1/training/train', { export_file: FILES[i % FILES.length] });
  // The API has said 202; from here on the workers are alone.
  await service.stop();
  const begun = performance.now();
  const crew = Array.from({ length: load.workers }, () => startWorker(sandbox, load));
  const kills = await killUntilDone(sandbox, crew, load);
  const seconds = (performance.now() - begun) / 1000;
  for (const worker of crew) worker.child.kill('SIGTERM');
  await Promise.all(crew.map((worker) => worker.done.catch(() => undefined)));
  // What a crash has left is settled by whatever starts next; here by this.
  await sandbox.run(['doctor'], { timeoutMs: 300_000 });
  return { ...(await outcome(sandbox)), seconds, kills };
}

function startWorker(sandbox: CliSandbox, { timeoutMs }: Load): CliProcess {
  return sandbox.start(['worker'], { timeoutMs: timeoutMs + 120_000 });
}

async function killUntilDone(sandbox: CliSandbox, crew: CliProcess[], load: Load): Promise<number> {
  let state = load.seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let kills = 0;
  let nextKill = performance.now() + load.killEveryMs;
  for (const deadline = performance.now() + load.timeoutMs; performance.now() < deadline;) {
    const [{ open }] = await sandbox.query<{ open: string }>(
      `SELECT count(*) AS open FROM training_runs WHERE status IN ('queued', 'running')`,
    );
    if (open === '0') return kills;
    await sleep(100);
    if (kills < load.kills && performance.now() >= nextKill) {
      // One that is at work: a process that is killed while it starts has nothing to lose.
      const victim = random(crew.length);
      if (!crew[victim].stdout().includes('takes trainings')) continue;
      crew[victim].child.kill('SIGKILL');
      crew[victim] = startWorker(sandbox, load);
      kills++;
      nextKill = performance.now() + load.killEveryMs * (0.5 + random(1000) / 1000);
    }
  }
  return kills;
}

async function outcome(sandbox: CliSandbox): Promise<Omit<LoadResult, 'seconds' | 'kills'>> {
  const statuses = await sandbox.query<{ status: string; runs: string }>(
    `SELECT status, count(*) AS runs FROM training_runs GROUP BY status`,
  );
  const failures = await sandbox.query<{ code: string; runs: string }>(
    `SELECT error->>'code' AS code, count(*) AS runs FROM training_runs WHERE status = 'failed' GROUP BY 1`,
  );
  const [counted] = await sandbox.query<Record<string, string>>(
    `SELECT (SELECT count(*) FROM model_versions) AS versions,
       (SELECT count(*) FROM training_runs WHERE lost_workers > 0) AS again,
       (SELECT coalesce(sum(lost_workers), 0) FROM training_runs) AS restarts,
       (SELECT coalesce(max(models), 0) FROM (
          SELECT count(DISTINCT artifacts->>'model.joblib') AS models FROM model_versions
          GROUP BY lineage->'exports'->0->>'sha256') AS inputs) AS models`,
  );
  return {
    failures: Object.fromEntries(failures.map(({ code, runs }) => [code, Number(runs)])),
    statuses: Object.fromEntries(statuses.map(({ status, runs }) => [status, Number(runs)])),
    versions: Number(counted.versions),
    runsBegunAgain: Number(counted.again),
    restarts: Number(counted.restarts),
    modelsOfOneInput: Number(counted.models),
    violations: await verifyInvariants({
      databaseUrl: sandbox.databaseUrl!,
      modelsDir: sandbox.modelsDir,
      settled: true,
    }),
  };
}
