import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { JobAbortedError, NonRetryableJobError } from '../../../src/platform/queue/job-queue.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { eventually, QueueBench, untilAborted, type Handler, type Payload } from './queue-bench.js';

let database: TestDatabase;
let bench: QueueBench;

beforeAll(async () => {
  database = await createTestDatabase('job-queue');
}, 60_000);
afterAll(() => database.drop());
beforeEach(() => {
  bench = new QueueBench(database.url);
});
afterEach(() => bench.engine.close());

const record =
  (seen: string[]): Handler =>
  ({ trainingId }) => {
    seen.push(trainingId);
    return Promise.resolve();
  };

describe('a job queue on PostgreSQL', { timeout: 20_000 }, () => {
  it('hands a job with its payload to a worker and forgets the result', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const seen: unknown[] = [];
    await bench.startWorker(name, (payload, { jobId, attempt, signal }) => {
      seen.push({ payload, jobId, attempt, aborted: signal.aborted });
      return Promise.resolve();
    });
    await queue.add('run-1', { trainingId: 'run-1' });
    await eventually('completed', async () => (await queue.counts()).completed === 1);
    expect(seen).toEqual([{ payload: { trainingId: 'run-1' }, jobId: 'run-1', attempt: 1, aborted: false }]);
    const stored = await select(`SELECT return_value FROM bullmq.job WHERE queue = $1`, name);
    expect(stored).toEqual([{ return_value: null }]);
  });

  it('runs a job added twice once: while it waits, while it runs and after it ran', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const seen: string[] = [];
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await Promise.all([queue.add('run-1', { trainingId: 'a' }), queue.add('run-1', { trainingId: 'a' })]);
    await bench.startWorker(name, async ({ trainingId }) => {
      seen.push(trainingId);
      await gate;
    });
    await eventually('running', () => seen.length === 1);
    await queue.add('run-1', { trainingId: 'b' });
    expect(await queue.counts()).toMatchObject({ waiting: 0, active: 1 });
    release();
    await eventually('completed', async () => (await queue.counts()).completed === 1);
    await queue.add('run-1', { trainingId: 'c' });
    await sleep(300);
    expect(seen).toEqual(['a']);
  });

  it('takes the lowest priority number first, and equals in the order they were added', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const seen: string[] = [];
    await queue.add('late', { trainingId: 'late' }, { priority: 900 });
    await queue.add('first-default', { trainingId: 'first-default' });
    await queue.add('second-default', { trainingId: 'second-default' });
    await queue.add('urgent', { trainingId: 'urgent' }, { priority: 0 });
    await bench.startWorker(name, record(seen));
    await eventually('all seen', () => seen.length === 4);
    expect(seen).toEqual(['urgent', 'first-default', 'second-default', 'late']);
  });

  it('refuses a priority and a number of attempts that mean nothing', async () => {
    const queue = bench.engine.queue<Payload>(bench.newName());
    await expect(queue.add('run', { trainingId: 'x' }, { priority: 1001 })).rejects.toThrow(
      '0 to 1000, got 1001',
    );
    await expect(queue.add('run', { trainingId: 'x' }, { attempts: 0 })).rejects.toThrow('at least 1, got 0');
  });

  it('runs as many jobs at once as it was told, not more', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    let now = 0;
    let most = 0;
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => queue.add(id, { trainingId: id })));
    const work = async (): Promise<void> => {
      most = Math.max(most, ++now);
      await sleep(80);
      now -= 1;
    };
    await bench.startWorker(name, work, { concurrency: 2 });
    await eventually('all completed', async () => (await queue.counts()).completed === 5);
    expect(most).toBe(2);
  });

  it('keeps within ten connections with one queue and one worker', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    await bench.startWorker(name, () => sleep(50), { concurrency: 4 });
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => queue.add(`run-${i}`, { trainingId: `run-${i}` })),
    );
    const [row] = await select(
      `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND $1 <> ''`,
      name,
    );
    expect(row.n).toBeGreaterThan(0);
    expect(row.n).toBeLessThanOrEqual(10);
    await eventually('all completed', async () => (await queue.counts()).completed === 40);
  });
});

describe('a failing job', { timeout: 20_000 }, () => {
  it('is tried as often as it was allowed, then given up', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const attempts: number[] = [];
    const givenUp: unknown[] = [];
    const fail: Handler = (_, { attempt }) => {
      attempts.push(attempt);
      return Promise.reject(new Error('disk on fire'));
    };
    const onGivenUp = (payload: Payload, failure: object): Promise<void> => {
      givenUp.push({ ...payload, ...failure });
      return Promise.resolve();
    };
    await bench.startWorker(name, fail, { onGivenUp });
    await queue.add('run-1', { trainingId: 'run-1' }, { attempts: 3 });
    await eventually('given up', () => givenUp.length === 1);
    await sleep(200);
    expect(attempts).toEqual([1, 2, 3]);
    expect(givenUp).toEqual([{ trainingId: 'run-1', jobId: 'run-1', message: 'disk on fire' }]);
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0, completed: 0, failed: 1, delayed: 0 });
  });

  it('succeeds at the second attempt and is not reported', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const givenUp: string[] = [];
    const work: Handler = (_, { attempt }) => {
      // Thrown before the first await: must be an attempt like any other.
      if (attempt === 1) throw new Error('first time is hard');
      return Promise.resolve();
    };
    await bench.startWorker(name, work, {
      onGivenUp: ({ trainingId }) => Promise.resolve(void givenUp.push(trainingId)),
    });
    await queue.add('run-1', { trainingId: 'run-1' });
    await eventually('completed', async () => (await queue.counts()).completed === 1);
    expect(givenUp).toEqual([]);
  });

  it('is not tried again after a NonRetryableJobError', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    let attempts = 0;
    await bench.startWorker(name, () => {
      attempts += 1;
      return Promise.reject(new NonRetryableJobError('the export is empty'));
    });
    await queue.add('run-1', { trainingId: 'run-1' }, { attempts: 5 });
    await eventually('failed', async () => (await queue.counts()).failed === 1);
    await sleep(200);
    expect(attempts).toBe(1);
  });
});

describe('cancelling', { timeout: 20_000 }, () => {
  it('removes a waiting job; a second cancel and an unknown job are false', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    await queue.add('run-1', { trainingId: 'run-1' });
    await queue.add('run-2', { trainingId: 'run-2' });
    expect(await queue.cancel('run-1')).toBe(true);
    expect(await queue.cancel('run-1')).toBe(false);
    expect(await queue.cancel('never-added')).toBe(false);
    const seen: string[] = [];
    await bench.startWorker(name, record(seen));
    await eventually('completed', async () => (await queue.counts()).completed === 1);
    expect(seen).toEqual(['run-2']);
    expect(await queue.cancel('run-2'), 'a finished job').toBe(false);
    expect(await queue.counts()).toMatchObject({ completed: 1 });
  });

  it('aborts a running job from another engine, without a retry and without giving it up', async () => {
    const name = bench.newName();
    const other = new QueueBench(database.url);
    const queue = other.engine.queue<Payload>(name);
    const reasons: unknown[] = [];
    const givenUp: string[] = [];
    const work: Handler = async (_, context) => {
      await untilAborted(context).catch((error: unknown) => {
        reasons.push(error);
        throw error;
      });
    };
    await bench.startWorker(name, work, {
      onGivenUp: ({ trainingId }) => Promise.resolve(void givenUp.push(trainingId)),
    });
    await queue.add('run-1', { trainingId: 'run-1' });
    await eventually('active', async () => (await queue.counts()).active === 1);
    expect(await queue.cancel('run-1')).toBe(false);
    await eventually('failed', async () => (await queue.counts()).failed === 1, 2_000);
    expect(reasons).toEqual([new JobAbortedError('cancelled')]);
    expect(givenUp).toEqual([]);
    await other.engine.close();
  });

  it('never deletes a job under a worker that just took it', async () => {
    const name = bench.newName();
    const queue = bench.engine.queue<Payload>(name);
    const started = new Set<string>();
    await bench.startWorker(name, (_, { jobId }) => Promise.resolve(void started.add(jobId)), {
      concurrency: 4,
    });
    const ids = Array.from({ length: 120 }, (_, i) => `run-${i}`);
    const removed = new Set<string>();
    const race = async (id: string): Promise<void> => {
      await queue.add(id, { trainingId: id });
      if (await queue.cancel(id)) removed.add(id);
    };
    await Promise.all(ids.map(race));
    await eventually('all settled', async () => {
      const { waiting, active } = await queue.counts();
      return waiting + active === 0;
    });
    expect([...removed].filter((id) => started.has(id))).toEqual([]);
    expect(removed.size + started.size).toBe(ids.length);
  });
});

async function select(sql: string, name: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, [name])).rows;
  } finally {
    await client.end();
  }
}
