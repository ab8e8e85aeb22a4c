import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DATABASE_SCHEMA } from '../../../src/database-schema.js';
import { ExportRepository } from '../../../src/export/export.repository.js';
import { ExportStore } from '../../../src/export/export-store.js';
import { ExportValidationService } from '../../../src/export/export-validation.service.js';
import { ExportsService } from '../../../src/export/exports.service.js';
import { LogPullService } from '../../../src/export/log-pull.service.js';
import { RunCreatorService } from '../../../src/pipeline/run-creator.service.js';
import type { Schedule, ScheduleSettings, ScheduleTick } from '../../../src/pipeline/schedules/schedule.js';
import { ScheduleInputService } from '../../../src/pipeline/schedules/schedule-input.service.js';
import { ScheduleRepository } from '../../../src/pipeline/schedules/schedule.repository.js';
import { DEFAULT_SETTINGS } from '../../../src/pipeline/schedules/schedule-settings.js';
import { ScheduleTickRepository } from '../../../src/pipeline/schedules/schedule-tick.repository.js';
import { ScheduleTickService } from '../../../src/pipeline/schedules/schedule-tick.service.js';
import { SchedulesService } from '../../../src/pipeline/schedules/schedules.service.js';
import type { TrainingQueueService } from '../../../src/pipeline/training-queue.service.js';
import { systemClock } from '../../../src/platform/clock.js';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { createDataSource } from '../../../src/platform/database/data-source.js';
import { provideDatabaseUrl } from '../../../src/platform/database/database.module.js';
import { AuditRepository } from '../../../src/platform/security/audit.repository.js';
import { AuditLogService } from '../../../src/platform/security/audit-log.service.js';
import { TrainingQueueRepository } from '../../../src/training/training-queue.repository.js';
import { TrainingRunRepository } from '../../../src/training/training-run.repository.js';
import { TrainingRunsService } from '../../../src/training/training-runs.service.js';
import { insertRows, LOG_ENTRIES, onDatabase } from '../../support/log-entries.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { asJson, sampleRows } from '../../support/sample-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { TestClock } from '../../support/test-clock.js';

const REPLICAS = 5;
const TICKS = 200;
const never = new AbortController().signal;

/** One replica: connections of its own, and a queue that only remembers. */
interface Replica {
  readonly dataSource: DataSource;
  readonly ticks: ScheduleTickService;
  readonly tickRows: ScheduleTickRepository;
  readonly schedules: SchedulesService;
  readonly enqueued: string[];
}

describe('ticks of schedules', () => {
  const directory = temporaryDirectory('ticks');
  const exportsDir = join(directory, 'exports');
  let database: MigratedDatabase;
  let clock: TestClock;
  const replicas: Replica[] = [];

  async function replica(): Promise<Replica> {
    const dataSource = await createDataSource(database.url, DATABASE_SCHEMA, { poolSize: 2 }).initialize();
    const config = loadConfig({
      packageRoot: join(import.meta.dirname, '../../..'),
      cwd: directory,
      env: { TRAINING_EXPORTS_DIR: exportsDir, TRAINING_DATA_DIR: join(directory, 'data') },
    });
    const enqueued: string[] = [];
    const queue = {
      enqueue: (trainingId: string) => {
        enqueued.push(trainingId);
        return Promise.resolve();
      },
    } as unknown as TrainingQueueService;
    const audit = new AuditLogService(new AuditRepository(dataSource));
    const [exports, store] = [new ExportRepository(dataSource), new ExportStore(exportsDir)];
    const runs = new TrainingRunsService(
      new TrainingRunRepository(dataSource),
      new TrainingQueueRepository(dataSource),
    );
    const rows = new ScheduleTickRepository(dataSource);
    const inputs = new ScheduleInputService(
      new ExportsService(exports, store),
      new ExportValidationService(),
      new LogPullService(exports, store, config, systemClock),
    );
    const ticks = new ScheduleTickService(config, rows, inputs, runs, new RunCreatorService(runs), queue);
    const schedules = new SchedulesService(
      config,
      new ScheduleRepository(dataSource, audit),
      rows,
      ticks,
      runs,
    );
    return { dataSource, ticks, tickRows: rows, schedules, enqueued };
  }

  beforeAll(async () => {
    database = await createMigratedDatabase('ticks');
    provideDatabaseUrl(database.url);
    clock = await TestClock.install(database.dataSource);
    mkdirSync(join(exportsDir, 'site'), { recursive: true });
    writeFileSync(join(exportsDir, 'site', 'a.json'), asJson(sampleRows(2000)));
    for (let i = 0; i < REPLICAS; i++) replicas.push(await replica());
  });
  afterAll(async () => {
    for (const { dataSource } of replicas) await dataSource.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    await database.dataSource.query('DELETE FROM schedules');
  });

  const make = async (changes: Partial<ScheduleSettings>): Promise<Schedule> => {
    const settings: ScheduleSettings = {
      ...DEFAULT_SETTINGS,
      name: `s-${randomUUID().slice(0, 8)}`,
      cron: '* * * * *',
      source: { kind: 'directory', path: 'site' },
      ...changes,
    };
    return (await replicas[0].schedules.create(settings, 'test')).schedule;
  };
  const lookAll = ({ scheduleId }: Schedule): Promise<unknown> =>
    Promise.all(replicas.map(({ ticks }) => ticks.due(scheduleId, never)));
  const ticksOf = async ({ scheduleId }: Schedule): Promise<Record<string, unknown>[]> =>
    database.dataSource.query(
      `SELECT to_char(tick_utc AT TIME ZONE 'UTC', 'MM-DD HH24:MI') AS at, status, reason, missed_ticks AS missed
       FROM schedule_ticks WHERE schedule_id = $1 ORDER BY tick_utc`,
      [scheduleId],
    );
  const endRuns = (status: string): Promise<unknown> =>
    database.dataSource.query(
      `UPDATE training_runs SET status = $1, finished_at = pg_catalog.now() WHERE status = 'queued'`,
      [status],
    );
  const lastTick = async (schedule: Schedule): Promise<ScheduleTick> =>
    (await replicas[0].tickRows.newest([schedule.scheduleId])).get(schedule.scheduleId)!;

  it(`run once each when ${REPLICAS} replicas look at ${TICKS} of them`, async () => {
    await clock.set('2026-05-01T00:00:00Z');
    const schedule = await make({});
    const expected: string[] = [];
    for (let minute = 1; minute <= TICKS; minute++) {
      const at = new Date(Date.UTC(2026, 4, 1) + minute * 60_000).toISOString();
      expected.push(at);
      await clock.set(at);
      await lookAll(schedule);
      await endRuns('completed');
    }
    const started = await replicas[0].tickRows.started(schedule.scheduleId, 2 * TICKS);
    expect(started.map(({ tickUtc }) => tickUtc).reverse()).toEqual(expected);
    const runs: { n: string; keys: string }[] = await database.dataSource.query(
      `SELECT count(*) AS n, count(DISTINCT idempotency_key) AS keys FROM training_runs
       WHERE origin = 'schedule' AND idempotency_key LIKE $1`,
      [`schedule:${schedule.scheduleId}:%`],
    );
    expect(runs).toEqual([{ n: String(TICKS), keys: String(TICKS) }]);
    const enqueued = replicas.flatMap(({ enqueued: ids }) => ids);
    expect(enqueued).toHaveLength(TICKS);
    expect(new Set(enqueued).size).toBe(TICKS);
  }, 120_000);

  it('are run once, not 36 times, after three hours without a service', async () => {
    await clock.set('2026-05-01T00:00:00Z');
    const schedule = await make({ cron: '*/5 * * * *' });
    await clock.set('2026-05-01T03:00:00Z');
    await lookAll(schedule);
    await lookAll(schedule);
    expect(await ticksOf(schedule)).toEqual([
      { at: '05-01 03:00', status: 'started', reason: null, missed: 35 },
    ]);
  });

  it('that are late are run once or skipped, as catch_up says', async () => {
    await clock.set('2026-05-01T00:00:00Z');
    const once = await make({ cron: '0 * * * *', catchUp: 'run_once' });
    const skip = await make({ cron: '0 * * * *', catchUp: 'skip' });
    await clock.set('2026-05-01T03:40:00Z');
    await lookAll(once);
    await lookAll(skip);
    expect(await ticksOf(once)).toEqual([{ at: '05-01 03:00', status: 'started', reason: null, missed: 2 }]);
    expect(await ticksOf(skip)).toEqual([
      { at: '05-01 03:00', status: 'skipped', reason: 'missed', missed: 2 },
    ]);
    await clock.set('2026-05-01T04:00:01Z');
    await endRuns('completed');
    await lookAll(skip);
    expect((await ticksOf(skip)).at(-1)).toMatchObject({ at: '05-01 04:00', status: 'started', missed: 0 });
  });

  it('are neither lost nor doubled when the clock of the database is set', async () => {
    await clock.set('2026-05-01T10:00:30Z');
    const schedule = await make({ cron: '30 * * * *' });
    const at = async (time: string): Promise<void> => {
      await clock.set(`2026-05-01T${time}:00Z`);
      await lookAll(schedule);
      await endRuns('completed');
    };
    await at('10:30');
    // One hour back: the same half past ten comes again.
    await at('09:30');
    await at('10:30');
    await at('11:30');
    // One hour forward.
    await at('13:31');
    expect((await ticksOf(schedule)).map(({ at: time }) => time)).toEqual([
      '05-01 10:30',
      '05-01 11:30',
      '05-01 13:30',
    ]);
  });

  it('come once in the night in which clocks go back, and in that in which they go forward', async () => {
    await clock.set('2026-10-24T12:00:00Z');
    const schedule = await make({ cron: '30 2 * * *', timezone: 'Europe/Berlin' });
    for (const night of ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-26T01:30:00Z']) {
      await clock.set(night);
      await lookAll(schedule);
      await endRuns('completed');
    }
    expect((await ticksOf(schedule)).map(({ at }) => at)).toEqual(['10-25 00:30', '10-26 01:30']);
    await clock.set('2027-03-27T12:00:00Z');
    const spring = await make({ cron: '30 2 * * *', timezone: 'Europe/Berlin' });
    await clock.set('2027-03-28T01:00:00Z');
    await lookAll(spring);
    expect(await ticksOf(spring)).toMatchObject([{ at: '03-28 01:00', status: 'started' }]);
  });

  it('of a process that died are finished by another one, with one training', async () => {
    await clock.set('2026-05-01T00:00:00Z');
    const schedule = await make({ cron: '0 * * * *' });
    await clock.set('2026-05-01T01:00:00Z');
    const claimed = await replicas[0].tickRows.claim(schedule.scheduleId, 'died', (_, dueMs) => ({
      tickMs: dueMs,
      missed: 0,
      skipped: null,
      nextTickMs: dueMs + 3_600_000,
    }));
    expect(claimed).not.toBeNull();
    await Promise.all(replicas.map(({ ticks }) => ticks.takeOver(never)));
    expect(await ticksOf(schedule)).toMatchObject([{ status: 'claimed' }]);
    await clock.set('2026-05-01T01:01:01Z');
    await Promise.all(replicas.map(({ ticks }) => ticks.takeOver(never)));
    expect(await ticksOf(schedule)).toMatchObject([{ status: 'started' }]);
    const { trainingId } = await lastTick(schedule);
    expect(replicas.flatMap(({ enqueued }) => enqueued).filter((id) => id === trainingId)).toHaveLength(1);
    // The dead come too late.
    await replicas[0].tickRows.finish(claimed!, 'died', { status: 'failed', reason: 'late', message: '' });
    expect(await ticksOf(schedule)).toMatchObject([{ status: 'started' }]);
  });

  it('wait for the training before, and are none while it is paused', async () => {
    await clock.set('2026-05-01T00:00:00Z');
    const schedule = await make({ cron: '0 * * * *' });
    for (const time of ['01:00', '02:00']) {
      await clock.set(`2026-05-01T${time}:00Z`);
      await lookAll(schedule);
    }
    expect(await ticksOf(schedule)).toMatchObject([
      { status: 'started' },
      { status: 'skipped', reason: 'previous_run_unfinished' },
    ]);
    await endRuns('failed');
    const change = (paused: boolean): Promise<unknown> =>
      replicas[1].schedules.change(schedule.scheduleId, { patch: { paused }, actor: 'test' });
    await change(true);
    await clock.set('2026-05-01T05:00:00Z');
    await lookAll(schedule);
    expect(await ticksOf(schedule)).toHaveLength(2);
    await change(false);
    await lookAll(schedule);
    expect(await ticksOf(schedule)).toHaveLength(2);
    await clock.set('2026-05-01T06:00:00Z');
    await lookAll(schedule);
    expect((await ticksOf(schedule)).at(-1)).toMatchObject({
      at: '05-01 06:00',
      status: 'started',
      missed: 0,
    });
  });

  it('fail with the reason when there is nothing to train on, and go on', async () => {
    await clock.set('2026-05-01T00:00:00Z');
    const schedule = await make({ cron: '0 * * * *', source: { kind: 'directory', path: 'empty' } });
    await clock.set('2026-05-01T01:00:00Z');
    await lookAll(schedule);
    expect(await lastTick(schedule)).toMatchObject({
      status: 'failed',
      reason: 'file_not_found',
      trainingId: null,
    });
    await clock.set('2026-05-01T02:00:00Z');
    await lookAll(schedule);
    expect(await ticksOf(schedule)).toHaveLength(2);
  });

  it('train when enough lines are new, counted from the last model on', async () => {
    const rows = sampleRows(6000);
    const half = rows.slice(0, 3000);
    mkdirSync(join(exportsDir, 'growing'), { recursive: true });
    const write = (name: string, some: typeof rows): void => {
      writeFileSync(join(exportsDir, 'growing', name), asJson(some));
    };
    write('a.json', half);
    await clock.set('2026-05-01T00:00:00Z');
    const schedule = await make({
      cron: '0 * * * *',
      source: { kind: 'directory', path: 'growing' },
      condition: 'new_data',
      minNewRecords: 1000,
    });
    const tick = async (hour: number, end = 'completed'): Promise<ScheduleTick> => {
      await clock.set(`2026-05-01T0${hour}:00:00Z`);
      await lookAll(schedule);
      await endRuns(end);
      return lastTick(schedule);
    };
    const first = await tick(1);
    expect(first).toMatchObject({ status: 'started', input: { newRecords: 3000 } });
    expect(first.input?.newestMs).toBe(
      Math.max(...half.map(({ timestamp }) => Date.parse(String(timestamp)))),
    );
    expect(await tick(2)).toMatchObject({
      status: 'skipped',
      reason: 'not_enough_new_data',
      input: { newRecords: 0 },
    });
    write('b.json', rows.slice(3000, 3500));
    expect(await tick(3)).toMatchObject({
      status: 'skipped',
      message: '500 lines are new, 1000 are needed.',
    });
    write('b.json', rows.slice(3000));
    // A run that fails is no model: its lines stay new.
    expect(await tick(4, 'failed')).toMatchObject({ status: 'started', input: { newRecords: 3000 } });
    expect(await tick(5)).toMatchObject({ status: 'started', input: { newRecords: 3000 } });
    expect(await tick(6)).toMatchObject({ status: 'skipped', input: { newRecords: 0 } });
  });

  it('read the log table when it has enough new lines, and keep what they read', async () => {
    await onDatabase(database.url, (client) => client.query(LOG_ENTRIES));
    await insertRows(database.url, sampleRows(3000));
    await clock.set('2024-01-03T12:00:00Z');
    const schedule = await make({
      cron: '0 0 * * *',
      source: { kind: 'log_entries', days: 30, programs: ['*'] },
      condition: 'new_data',
      minNewRecords: 100,
    });
    await clock.set('2024-01-04T00:00:00Z');
    await lookAll(schedule);
    await endRuns('completed');
    const first = await lastTick(schedule);
    expect(first).toMatchObject({ status: 'started', input: { newRecords: 3000 } });
    expect(first.input?.files).toEqual([
      {
        name: 'log_entries_20231205_20240103.ndjson',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    ]);
    const [run] = await database.dataSource.query<[{ request: Record<string, unknown> }]>(
      'SELECT request FROM training_runs WHERE id = $1',
      [first.trainingId],
    );
    expect(run.request).toMatchObject({
      startMs: Date.UTC(2023, 11, 5),
      endMs: Date.UTC(2024, 0, 4),
      programs: null,
    });
    await clock.set('2024-01-05T00:00:00Z');
    await lookAll(schedule);
    expect(await lastTick(schedule)).toMatchObject({ status: 'skipped', reason: 'not_enough_new_data' });
    const pulled = await database.dataSource.query<unknown[]>(
      `SELECT 1 FROM exports WHERE source = 'database'`,
    );
    expect(pulled).toHaveLength(1);
  });
});
