import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { JobAbortedError, type JobHandler } from '../../../src/platform/queue/job-queue.js';
import { createPrivatePostgres, type PrivatePostgres } from './private-postgres.js';
import { eventually, QueueBench, untilAborted, type Handler, type Payload } from './queue-bench.js';

let server: PrivatePostgres;
let bench: QueueBench;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  server = await createPrivatePostgres();
}, 60_000);
afterAll(() => server.remove());
beforeEach(() => {
  bench = new QueueBench(server.url);
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await bench.engine.close();
});

describe('a worker that dies', { timeout: 20_000 }, () => {
  it('with kill -9 leaves its job to another worker, once the lock ran out', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const victim = await startWorkerProcess(name, 1_000);
    await queue.add('run-1', { trainingId: 'run-1' });
    await victim.says('started run-1 run-1');
    const seen: unknown[] = [];
    const heir: Handler = (payload, { attempt }) => Promise.resolve(void seen.push({ ...payload, attempt }));
    await bench.startWorker(name, heir, { lockMs: 1_000 });
    const killedAt = performance.now();
    victim.process.kill('SIGKILL');
    await eventually('completed', async () => (await queue.counts()).completed === 1);
    expect(seen).toEqual([{ trainingId: 'run-1', attempt: 2 }]);
    expect(performance.now() - killedAt).toBeLessThan(4_000);
  });

  it('does not lose its job while it only stalls no longer than its lock', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const seen: string[] = [];
    const slow: Handler = async ({ trainingId }) => {
      seen.push(trainingId);
      await sleep(2_500);
    };
    // Two workers look for stalled jobs; the renewals keep the job with the first.
    await bench.startWorker(name, slow, { lockMs: 600 });
    await bench.startWorker(name, slow, { lockMs: 600 });
    await queue.add('run-1', { trainingId: 'run-1' });
    await eventually('completed', async () => (await queue.counts()).completed === 1);
    expect(seen).toEqual(['run-1']);
  });

  it('again and again takes its job with it: the job is given up without another start', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const givenUp: unknown[] = [];
    const started: string[] = [];
    await queue.add('run-1', { trainingId: 'run-1' });
    await bench.startWorker(name, (_, context) => (started.push('again'), untilAborted(context)), {
      lockMs: 400,
      onGivenUp: (payload, failure) => Promise.resolve(void givenUp.push({ ...payload, ...failure })),
    });
    // What a dead worker looks like from outside: the lock is somebody else's and has run out.
    const expire = (): Promise<unknown> =>
      sql(
        `UPDATE bullmq.job SET lock_token = 'dead', locked_until_ms = 0, stalled_marked = true
           WHERE queue = $1 AND state = 'active'`,
        name,
      );
    await eventually('given up', async () => {
      await expire();
      await sleep(100);
      return givenUp.length > 0;
    });
    expect(started).toHaveLength(4);
    expect(givenUp).toEqual([
      { trainingId: 'run-1', jobId: 'run-1', message: 'job stalled more than allowable limit' },
    ]);
  });
});

describe('a lock that is lost', { timeout: 20_000 }, () => {
  it('aborts the handler, and its end does not touch the job of the new owner', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const reasons: unknown[] = [];
    const work: Handler = (_, context) =>
      untilAborted(context).catch((error: unknown) => {
        reasons.push(error);
        throw error;
      });
    await bench.startWorker(name, work, { lockMs: 3_000 });
    await queue.add('run-1', { trainingId: 'run-1' });
    await eventually('active', async () => (await queue.counts()).active === 1);
    await sql(
      `UPDATE bullmq.job SET lock_token = 'thief', locked_until_ms = locked_until_ms + 60000 WHERE queue = $1`,
      name,
    );
    // The next renewal notices, not only the end of the lock.
    await eventually('aborted', () => reasons.length === 1, 2_500);
    expect(reasons).toEqual([new JobAbortedError('lock_lost')]);
    expect(
      await sql(`SELECT state, lock_token, attempts_made FROM bullmq.job WHERE queue = $1`, name),
    ).toEqual([{ state: 'active', lock_token: 'thief', attempts_made: 0 }]);
  });
});

describe('shutting down', { timeout: 20_000 }, () => {
  it('waits for a job that ends within the grace time and takes no further one', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    let begun = 0;
    const worker = await bench.startWorker(name, () => {
      begun += 1;
      return sleep(400);
    });
    await queue.add('run-1', { trainingId: 'run-1' });
    await queue.add('run-2', { trainingId: 'run-2' });
    // Not the count of active jobs: a job is active before its handler is called, and is then put back.
    await eventually('begun', () => begun === 1);
    await worker.stop({ graceMs: 5_000 });
    expect(await queue.counts()).toMatchObject({ completed: 1, waiting: 1, active: 0 });
  });

  it('puts a longer job back, first in line, without counting a failure', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const victim = await startWorkerProcess(name, 30_000);
    await queue.add('run-1', { trainingId: 'run-1' }, { attempts: 1 });
    await victim.says('started run-1 run-1');
    await queue.add('run-2', { trainingId: 'run-2' }, { attempts: 1 });
    const exited = once(victim.process, 'exit');
    const askedAt = performance.now();
    victim.process.kill('SIGTERM');
    await exited;
    expect(victim.process.exitCode).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(3_000);
    expect(await queue.counts()).toEqual({ waiting: 2, active: 0, completed: 0, failed: 0, delayed: 0 });
    const seen: string[] = [];
    await bench.startWorker(name, ({ trainingId }) => Promise.resolve(void seen.push(trainingId)));
    await eventually('both completed', async () => (await queue.counts()).completed === 2);
    expect(seen).toEqual(['run-1', 'run-2']);
  });

  it('does not wait for a handler that ignores its signal', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const timer: { id?: NodeJS.Timeout } = {};
    const deaf: JobHandler<Payload> = () =>
      new Promise((resolve) => {
        timer.id = setTimeout(resolve, 60_000);
      });
    const worker = await bench.startWorker(name, deaf);
    await queue.add('run-1', { trainingId: 'run-1' });
    await eventually('active', async () => (await queue.counts()).active === 1);
    const askedAt = performance.now();
    await worker.stop({ graceMs: 100 });
    clearTimeout(timer.id);
    expect(performance.now() - askedAt).toBeLessThan(5_000);
    expect(await queue.counts()).toMatchObject({ waiting: 1, active: 0, failed: 0 });
  });
});

describe('a database that goes away', { timeout: 20_000 }, () => {
  it.each(['fast', 'immediate'] as const)(
    'and comes back (%s stop) neither ends a worker nor fails its job',
    async (mode) => {
      const name = bench.newName();
      const queue = bench.engine.queue<Payload>(name);
      const seen: string[] = [];
      let finish = (): void => undefined;
      const gate = new Promise<void>((resolve) => (finish = resolve));
      const work: Handler = async ({ trainingId }, { signal }) => {
        seen.push(trainingId);
        if (trainingId === 'run-1') await gate;
        signal.throwIfAborted();
      };
      await bench.startWorker(name, work, { lockMs: 10_000 });
      await queue.add('run-1', { trainingId: 'run-1' }, { attempts: 1 });
      await eventually('running', () => seen.length === 1);
      await server.stop(mode);
      try {
        await expect(queue.counts()).rejects.toMatchObject({ code: 'unavailable' });
        // The job ends while nobody can write that down.
        finish();
        await sleep(500);
      } finally {
        await server.start();
      }
      await queue.add('run-2', { trainingId: 'run-2' });
      await eventually('both completed', async () => (await queue.counts()).completed === 2);
      expect(seen).toEqual(['run-1', 'run-2']);
    },
  );

  it('in the middle of "the job is done" does not turn a finished job into a failed one', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    await bench.startWorker(name, () => gate);
    await queue.add('run-1', { trainingId: 'run-1' }, { attempts: 1 });
    await eventually('active', async () => (await queue.counts()).active === 1);
    const blocker = new pg.Client(server.url);
    await blocker.connect();
    try {
      // Makes the worker's statement wait, so that its connection can be cut while it runs.
      await blocker.query('BEGIN');
      await blocker.query('SELECT 1 FROM bullmq.job WHERE queue = $1 FOR UPDATE', [name]);
      finish();
      const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE '%move_to_completed%' AND $1 <> ''`;
      await eventually('cut', async () => (await sql(cut, name)).length > 0);
    } finally {
      await blocker.end();
    }
    await eventually('settled', async () => (await queue.counts()).active === 0);
    expect(await queue.counts()).toMatchObject({ completed: 1, failed: 0 });
  });

  it('for longer than the lock aborts the handler, and the job is delivered again', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const seen: unknown[] = [];
    const work: Handler = async (_, context) => {
      const outcome =
        context.attempt > 1 ? 'done' : await untilAborted(context).catch((error: unknown) => error);
      seen.push(outcome);
      context.signal.throwIfAborted();
    };
    await bench.startWorker(name, work, { lockMs: 800 });
    await queue.add('run-1', { trainingId: 'run-1' }, { attempts: 1 });
    await eventually('active', async () => (await queue.counts()).active === 1);
    await server.stop('immediate');
    try {
      await eventually('aborted', () => seen.length === 1, 3_000);
    } finally {
      await server.start();
    }
    await eventually('completed', async () => (await queue.counts()).completed === 1, 12_000);
    expect(seen).toEqual([new JobAbortedError('lock_lost'), 'done']);
  });

  it('before the first connection is reported as unavailable, and the same objects work afterwards', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const seen: string[] = [];
    const worker = bench.engine.worker<Payload>(
      name,
      ({ trainingId }) => Promise.resolve(void seen.push(trainingId)),
      { concurrency: 1 },
    );
    await server.stop('fast');
    try {
      await expect(queue.add('run-1', { trainingId: 'run-1' })).rejects.toMatchObject({
        code: 'unavailable',
      });
      await expect(worker.start()).rejects.toMatchObject({ code: 'unavailable' });
    } finally {
      await server.start();
    }
    await worker.start();
    await queue.add('run-1', { trainingId: 'run-1' });
    await eventually('seen', () => seen.length === 1);
  });

  it('during a shutdown does not hold the shutdown up', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const worker = await bench.startWorker(name, (_, context) => untilAborted(context));
    await queue.add('run-1', { trainingId: 'run-1' });
    await eventually('active', async () => (await queue.counts()).active === 1);
    await server.stop('immediate');
    const askedAt = performance.now();
    try {
      await worker.stop({ graceMs: 100 });
      expect(performance.now() - askedAt).toBeLessThan(5_000);
    } finally {
      await server.start();
    }
  });
});

describe('loading', { timeout: 20_000 }, () => {
  it('does not read the queue library before the first call that needs it', async () => {
    const script = `
      import { createRequire } from 'node:module';
      const { BullmqEngine } = await import('./src/platform/queue/bullmq-engine.ts');
      const engine = new BullmqEngine({ connectionString: 'postgresql://127.0.0.1:1/none', logger: { warn() {}, error() {} } });
      const queue = engine.queue('q');
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('bullmq'));
      console.log(loaded());
      await queue.counts().catch(() => undefined);
      console.log(loaded());`;
    const child = spawnNode(['--input-type=module', '--eval', script]);
    expect((await child.output()).trim().split('\n')).toEqual(['false', 'true']);
  });
});

interface WorkerProcess {
  readonly process: ChildProcess;
  /** Resolves when the process has printed that line. */
  says(line: string): Promise<unknown>;
  output(): Promise<string>;
}

function spawnNode(parameters: readonly string[]): WorkerProcess {
  const hook = new URL('typescript-hook.mjs', import.meta.url).href;
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const child = spawn(process.execPath, ['--import', hook, ...parameters], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let printed = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const closed = once(child, 'close');
  return {
    process: child,
    says: (line) =>
      eventually(line, () => {
        if (child.exitCode !== null) throw new Error(`the process ended: ${errors}`);
        return printed.split('\n').includes(line);
      }),
    output: async () => {
      await closed;
      return printed + errors;
    },
  };
}

async function startWorkerProcess(queueName: string, lockMs: number): Promise<WorkerProcess> {
  const script = fileURLToPath(new URL('worker-process.mjs', import.meta.url));
  const child = spawnNode([script, server.url, queueName, String(lockMs)]);
  await child.says('ready');
  return child;
}

async function sql(text: string, name: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(server.url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, [name])).rows;
  } finally {
    await client.end();
  }
}
