import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_SCHEMA } from '../../../src/database-schema.js';
import { createDataSource } from '../../../src/platform/database/data-source.js';
import { TrainingQueueRepository } from '../../../src/training/training-queue.repository.js';
import { TrainingRunRepository } from '../../../src/training/training-run.repository.js';
import type { NewTrainingRun, RunLease, TrainingRun } from '../../../src/training/training-run.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';

const LONG = 60;
const FAILURE = { code: 'internal', message: 'broke', hint: null };

describe('training runs', () => {
  let database: MigratedDatabase;
  let other: DataSource;
  let here: TrainingRunRepository;
  let there: TrainingRunRepository;

  beforeAll(async () => {
    database = await createMigratedDatabase('runs');
    other = await createDataSource(database.url, DATABASE_SCHEMA).initialize();
    here = new TrainingRunRepository(database.dataSource);
    there = new TrainingRunRepository(other);
  });
  afterAll(async () => {
    await other.destroy();
    await database.drop();
  });

  const newRun = (change: Partial<NewTrainingRun> = {}): NewTrainingRun => ({
    trainingId: randomUUID(),
    modelName: 'wifi',
    step: 'Waiting for a worker',
    request: {},
    config: {},
    configHash: 'h',
    origin: 'api',
    idempotencyKey: null,
    ...change,
  });
  const create = (change: Partial<NewTrainingRun> = {}): Promise<TrainingRun> => here.create(newRun(change));
  const sequences = async (id: string) =>
    (await here.eventsAfter(id, 0, 1000)).map(({ sequence }) => sequence);
  const types = async (id: string) => (await here.eventsAfter(id, 0, 1000)).map(({ type }) => type);
  const statusOf = async (id: string) => (await here.find(id))?.status;
  async function started(id: string, worker = 'host:1', seconds = LONG): Promise<RunLease> {
    const lease = await here.start(id, worker, seconds);
    if (lease === null) throw new Error('the run was not given out');
    return lease;
  }

  it('begin queued, with one event', async () => {
    const run = await create();
    expect(run).toMatchObject({ status: 'queued', progress: 0, startedAt: null, finishedAt: null });
    expect(await types(run.trainingId)).toEqual(['queued']);
  });

  describe('a lease', () => {
    it('shuts a second worker out while it lives', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId);
      expect(await there.start(trainingId, 'host:2', LONG)).toBeNull();
      expect(await here.renew(lease, LONG)).toBe('ok');
    });

    it('gives a run to exactly one of two workers that ask at once', async () => {
      for (let round = 0; round < 20; round++) {
        const { trainingId } = await create();
        const leases = await Promise.all([
          here.start(trainingId, 'host:1', LONG),
          there.start(trainingId, 'host:2', LONG),
        ]);
        expect(leases.filter((lease) => lease !== null).length).toBe(1);
      }
    });

    it('that expired passes to another worker; the first one can write nothing any more', async () => {
      const { trainingId } = await create();
      const old = await started(trainingId, 'host:1', -1);
      const next = await started(trainingId, 'host:2');
      expect(next.fencingToken).toBeGreaterThan(old.fencingToken);
      await here.progress(old, 99, 'from the grave');
      expect(await here.renew(old, LONG)).toBe('lost');
      expect(await here.finish(old, { status: 'completed', version: 'old' })).toBe(false);
      await here.requeue(old);
      expect(await here.find(trainingId)).toMatchObject({ status: 'running', progress: 0, version: null });
      expect(await there.finish(next, { status: 'completed', progress: 100, version: 'new' })).toBe(true);
      expect(await here.find(trainingId)).toMatchObject({ status: 'completed', version: 'new' });
      expect(await types(trainingId)).toEqual(['queued', 'restarted', 'completed']);
    });

    it('is the same worker’s to take again, and its own older lease is shut out too', async () => {
      const { trainingId } = await create();
      const old = await started(trainingId);
      const next = await started(trainingId);
      expect(await here.renew(old, LONG)).toBe('lost');
      expect(await here.renew(next, LONG)).toBe('ok');
    });

    it('ends a run exactly once, however many try', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId);
      const ends = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 === 0 ? here : there).finish(lease, { status: i < 5 ? 'completed' : 'failed' }),
        ),
      );
      expect(ends.filter(Boolean).length).toBe(1);
      expect((await types(trainingId)).length).toBe(2);
      expect(await here.start(trainingId, 'host:1', LONG)).toBeNull();
    });

    it('cannot write progress after the end', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId);
      await here.finish(lease, { status: 'completed', progress: 100 });
      await here.progress(lease, 70, 'late');
      expect(await here.find(trainingId)).toMatchObject({ progress: 100, status: 'completed' });
    });

    it('is handed back with requeue, and the run can be started again', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId);
      await here.progress(lease, 50, 'half');
      await here.requeue(lease);
      expect(await here.find(trainingId)).toMatchObject({ status: 'queued', progress: 0 });
      expect(await there.start(trainingId, 'host:2', LONG)).not.toBeNull();
    });
  });

  describe('cancel', () => {
    it('ends a queued run at once and for good', async () => {
      const { trainingId } = await create();
      expect(await here.requestCancel(trainingId)).toMatchObject({ status: 'cancelled' });
      expect(await here.start(trainingId, 'host:1', LONG)).toBeNull();
      expect(await types(trainingId)).toEqual(['queued', 'cancelled']);
      expect((await here.find(trainingId))?.finishedAt).not.toBeNull();
    });

    it('asks a running run to stop and leaves the end to its worker', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId);
      expect(await here.requestCancel(trainingId)).toMatchObject({
        status: 'running',
        cancelRequested: true,
      });
      expect(await here.renew(lease, LONG)).toBe('cancel');
      expect(await here.finish(lease, { status: 'cancelled' })).toBe(true);
      expect(await types(trainingId)).toEqual(['queued', 'cancelled']);
    });

    it('ends a run whose worker is gone: nobody else would', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId, 'host:1', -1);
      expect(await here.requestCancel(trainingId)).toMatchObject({ status: 'cancelled' });
      expect(await here.finish(lease, { status: 'completed' })).toBe(false);
      expect(await types(trainingId)).toEqual(['queued', 'cancelled']);
    });

    it('asked before the worker died ends the run when the next one looks at it', async () => {
      const { trainingId } = await create();
      await started(trainingId, 'host:1');
      await here.requestCancel(trainingId);
      expect(await there.start(trainingId, 'host:2', LONG)).toBeNull();
      expect(await statusOf(trainingId)).toBe('running');
      await here.expireLease(trainingId, 'host:1');
      expect(await there.start(trainingId, 'host:2', LONG)).toBeNull();
      expect(await statusOf(trainingId)).toBe('cancelled');
      expect(await types(trainingId)).toEqual(['queued', 'cancelled']);
    });

    it('asked while the worker shuts down is not forgotten', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId);
      await here.requestCancel(trainingId);
      await here.requeue(lease);
      expect(await statusOf(trainingId)).toBe('cancelled');
      expect(await types(trainingId)).toEqual(['queued', 'cancelled']);
    });

    it('of a finished or unknown run changes nothing', async () => {
      const { trainingId } = await create();
      await here.finish(await started(trainingId), { status: 'completed', version: 'v' });
      expect(await here.requestCancel(trainingId)).toMatchObject({ status: 'completed', version: 'v' });
      expect(await types(trainingId)).toEqual(['queued', 'completed']);
      expect(await here.requestCancel(randomUUID())).toBeNull();
    });

    it('and start at the same moment: either cancelled, or running with the request on it', async () => {
      for (let round = 0; round < 30; round++) {
        const { trainingId } = await create();
        const [, lease] = await Promise.all([
          here.requestCancel(trainingId),
          there.start(trainingId, 'host:2', LONG),
        ]);
        if (lease === null) expect(await statusOf(trainingId)).toBe('cancelled');
        else expect(await there.renew(lease, LONG)).toBe('cancel');
      }
    });
  });

  describe('events', () => {
    it('are numbered without a gap while two connections write at once', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId);
      await Promise.all(
        Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? here : there).progress(lease, i, `step ${i}`)),
      );
      await here.finish(lease, { status: 'completed' });
      expect(await sequences(trainingId)).toEqual(Array.from({ length: 62 }, (_, i) => i + 1));
    });

    it('are read on from where a client stopped', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId);
      for (let i = 1; i <= 5; i++) await here.progress(lease, i, 'step');
      const rest = await here.eventsAfter(trainingId, 3, 2);
      expect(rest.map(({ sequence }) => sequence)).toEqual([4, 5]);
      expect(await here.eventsAfter(trainingId, 6, 10)).toEqual([]);
    });
  });

  describe('abandon', () => {
    it('fails the run of a worker that is gone', async () => {
      const { trainingId } = await create({ origin: 'cli' });
      const lease = await started(trainingId, 'host:1');
      expect(await here.abandon(trainingId, 'host:1', FAILURE)).toBe(true);
      expect(await here.find(trainingId)).toMatchObject({ status: 'failed', error: FAILURE });
      expect(await here.finish(lease, { status: 'completed' })).toBe(false);
    });

    it('does not touch a run that another worker has taken', async () => {
      const { trainingId } = await create();
      await started(trainingId, 'host:1', -1);
      await started(trainingId, 'host:2');
      expect(await here.abandon(trainingId, 'host:1', FAILURE)).toBe(false);
      expect(await statusOf(trainingId)).toBe('running');
    });
  });

  it('page after page lists every run once, also those of one millisecond', async () => {
    const modelName = 'pages';
    for (let i = 0; i < 7; i++) await create({ modelName });
    await database.dataSource.query(
      `UPDATE training_runs SET created_at = timestamptz '2024-01-01 12:00:00.123Z' + (random() * 900) * interval '1 microsecond'
       WHERE model_name = $1`,
      [modelName],
    );
    const seen: string[] = [];
    let before: { createdAt: string; id: string } | undefined;
    for (;;) {
      const page = await here.list({ limit: 2, before, modelName });
      seen.push(...page.map(({ trainingId }) => trainingId));
      const last = page.at(-1);
      if (last === undefined) break;
      before = { createdAt: last.createdAt, id: last.trainingId };
    }
    expect(seen.length).toBe(7);
    expect(new Set(seen).size).toBe(7);
  });

  it('with one idempotency key are one run, also when two requests come at once', async () => {
    for (let round = 0; round < 10; round++) {
      const idempotencyKey = randomUUID();
      const [a, b] = await Promise.all([
        here.create(newRun({ idempotencyKey })),
        there.create(newRun({ idempotencyKey })),
      ]);
      expect(a.trainingId).toBe(b.trainingId);
      expect((await here.findByIdempotencyKey(idempotencyKey))?.trainingId).toBe(a.trainingId);
      expect(await types(a.trainingId)).toEqual(['queued']);
    }
  });

  it('of the queue that are not over are to be put back, those of a command line are not', async () => {
    const api = await create();
    const cli = await create({ origin: 'cli' });
    const done = await create();
    await here.finish(await started(done.trainingId), { status: 'failed', error: FAILURE });
    const unfinished = await new TrainingQueueRepository(database.dataSource).unfinished();
    const ids = unfinished.map(({ trainingId }) => trainingId);
    expect(ids).toContain(api.trainingId);
    expect(ids).not.toContain(cli.trainingId);
    expect(ids).not.toContain(done.trainingId);
  });

  describe('a run whose workers are lost', () => {
    it('is given up after as many as the limit says, in one terminal state', async () => {
      const { trainingId } = await create();
      for (let worker = 1; worker <= 3; worker++)
        expect(await here.start(trainingId, `host:${worker}`, -1, 2)).not.toBeNull();
      expect(await here.find(trainingId)).toMatchObject({ status: 'running', lostWorkers: 2 });
      expect(await here.start(trainingId, 'host:4', LONG, 2)).toBeNull();
      expect(await here.find(trainingId)).toMatchObject({
        status: 'failed',
        error: { code: 'workers_lost' },
      });
      expect(await here.start(trainingId, 'host:5', LONG, 2)).toBeNull();
      expect((await types(trainingId)).filter((type) => type === 'failed')).toHaveLength(1);
    });

    it('is not given up while its last worker still lives', async () => {
      const { trainingId } = await create();
      await here.start(trainingId, 'host:1', -1, 1);
      await here.start(trainingId, 'host:2', LONG, 1);
      expect(await here.start(trainingId, 'host:3', LONG, 1)).toBeNull();
      expect(await statusOf(trainingId)).toBe('running');
    });

    it('does not count workers that handed it back', async () => {
      const { trainingId } = await create();
      for (let worker = 1; worker <= 5; worker++)
        await here.requeue(await started(trainingId, `host:${worker}`));
      expect(await here.find(trainingId)).toMatchObject({ status: 'queued', lostWorkers: 0 });
    });
  });

  describe('the version of a run', () => {
    const record = (lease: RunLease, version = 'v1') =>
      database.dataSource.transaction((transaction) =>
        here.recordVersion(transaction, lease, { version, result: { version } }),
      );

    it('is recorded once; whoever takes the run over learns of it', async () => {
      const { trainingId } = await create();
      const lease = await started(trainingId, 'host:1', -1);
      await record(lease);
      await expect(record(lease, 'v2')).rejects.toMatchObject({ code: 'cancelled' });
      expect((await started(trainingId, 'host:2')).registered).toEqual({ version: 'v1' });
    });

    it('is refused to a worker whose run was taken over, and to a run that was cancelled', async () => {
      const lost = await started((await create()).trainingId, 'host:1', -1);
      await started(lost.trainingId, 'host:2');
      await expect(record(lost)).rejects.toMatchObject({ code: 'cancelled' });
      const cancelled = await started((await create()).trainingId);
      await here.requestCancel(cancelled.trainingId);
      await expect(record(cancelled)).rejects.toMatchObject({ code: 'cancelled' });
      expect(await here.find(cancelled.trainingId)).toMatchObject({ version: null, result: null });
    });
  });

  it('write the same progress once, however often it is sent', async () => {
    const lease = await started((await create()).trainingId);
    for (let i = 0; i < 3; i++) await here.progress(lease, 10, 'Loading');
    expect(await types(lease.trainingId)).toEqual(['queued', 'progress']);
  });

  it('wait in the order of their priority, then of their time', async () => {
    const queue = new TrainingQueueRepository(database.dataSource);
    await database.dataSource.query(
      `UPDATE training_runs SET status = 'failed' WHERE status IN ('queued', 'running')`,
    );
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0, oldestWaitingSeconds: null });
    const ids: string[] = [];
    for (const priority of [500, undefined, 0, undefined]) ids.push((await create({ priority })).trainingId);
    await create({ origin: 'cli' });
    expect(await Promise.all(ids.map((id) => queue.position(id)))).toEqual([4, 2, 1, 3]);
    await started(ids[2]);
    expect(await Promise.all(ids.map((id) => queue.position(id)))).toEqual([3, 1, null, 2]);
    expect(await queue.counts()).toMatchObject({ waiting: 3, active: 1 });
    expect((await queue.unfinished()).map(({ priority }) => priority)).toEqual([0, 100, 100, 500]);
    await expect(create({ priority: 1001 })).rejects.toThrow(/priority_check/);
  });

  it('are overdue when their lease has ended, or when they have waited for long', async () => {
    const queue = new TrainingQueueRepository(database.dataSource);
    const [fresh, old, lost] = [await create(), await create(), await create()];
    await started(lost.trainingId, 'host:1', -1);
    await database.dataSource.query(
      `UPDATE training_runs SET updated_at = now() - interval '31 s' WHERE id = $1`,
      [old.trainingId],
    );
    const overdue = (await queue.overdue()).map(({ trainingId, lost: isLost }) => [trainingId, isLost]);
    expect(overdue).toEqual([
      [lost.trainingId, true],
      [old.trainingId, false],
    ]);
    expect(overdue.flat()).not.toContain(fresh.trainingId);
  });

  it('are worked on by processes that give signs of life', async () => {
    const queue = new TrainingQueueRepository(database.dataSource);
    const [here1, here2] = [randomUUID(), randomUUID()];
    await queue.heartbeat(here1, 'host:77', 'worker', 2);
    await queue.heartbeat(here2, 'host:78', 'serve', 1);
    await started((await create()).trainingId, 'host:77');
    await database.dataSource.query(
      `UPDATE queue_workers SET heartbeat_at = now() - interval '1 min' WHERE id = $1`,
      [here2],
    );
    expect(await queue.workers(20)).toMatchObject([
      { identity: 'host:77', kind: 'worker', concurrency: 2, running: 1, alive: true },
      { identity: 'host:78', kind: 'serve', concurrency: 1, running: 0, alive: false },
    ]);
    await queue.removeWorker(here1);
    expect((await queue.workers(20)).map(({ identity }) => identity)).toEqual(['host:78']);
  });
});
