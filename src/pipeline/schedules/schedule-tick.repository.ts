import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import type { ClaimedTick, Schedule, ScheduleTick, TickEnd, TickInput, TickStatus } from './schedule.js';
import { ScheduleEntity } from './schedule.entity.js';
import { ScheduleTickEntity } from './schedule-tick.entity.js';
import { toSchedule } from './schedule.repository.js';

/** What is to be done about a schedule whose time has come. */
export interface DueTick {
  /** The tick that stands for all that have passed. */
  readonly tickMs: number;
  /** Ticks before it that nobody was there for. */
  readonly missed: number;
  /** null = it is carried out; else why not. */
  readonly skipped: { readonly reason: string; readonly message: string } | null;
  readonly nextTickMs: number | null;
}

export type DueDecision = (schedule: Schedule, dueMs: number, nowMs: number) => DueTick;

/** How long a tick belongs to a process that has stopped renewing. */
const LEASE = `interval '60 seconds'`;
/** Ticks that started nothing are kept so long. */
const KEPT = `interval '90 days'`;
const NOW_MS = 'floor(extract(epoch FROM now()) * 1000)::text';

/** Ticks. Leases and due times are judged by the clock of the database: replicas may disagree about the time. */
@Injectable()
export class ScheduleTickRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Schedules with a tick within so many seconds, or in the past, and how far away it is. */
  async upcoming(withinSeconds: number): Promise<{ scheduleId: string; inMs: number }[]> {
    const rows: { id: string; in_ms: string }[] = await this.dataSource.query(
      `SELECT id, ceil(extract(epoch FROM next_tick_at - now()) * 1000)::text AS in_ms FROM schedules
       WHERE NOT paused AND next_tick_at <= now() + make_interval(secs => $1)`,
      [withinSeconds],
    );
    return rows.map(({ id, in_ms: inMs }) => ({ scheduleId: id, inMs: Number(inMs) }));
  }

  /**
   * Takes the tick that is due, if nobody has taken it. The row of the schedule is locked meanwhile, and the key of the
   * tick admits one row, so that of many processes one gets it.
   */
  async claim(scheduleId: string, workerId: string, decide: DueDecision): Promise<ClaimedTick | null> {
    return this.dataSource.transaction(async (manager) => {
      const entity = await manager
        .getRepository(ScheduleEntity)
        .findOne({ where: { id: scheduleId, paused: false }, lock: { mode: 'pessimistic_write' } });
      if (entity === null || entity.nextTickAt === null) return null;
      const [{ ms }] = await manager.query<[{ ms: string }]>(`SELECT ${NOW_MS} AS ms`);
      const dueMs = entity.nextTickAt.getTime();
      if (dueMs > Number(ms)) return null;
      const schedule = toSchedule(entity);
      const { tickMs, missed, skipped, nextTickMs } = decide(schedule, dueMs, Number(ms));
      const tickUtc = new Date(tickMs).toISOString();
      const inserted: unknown[] = await manager.query(
        `INSERT INTO schedule_ticks (schedule_id, tick_utc, trigger, status, reason, message, missed_ticks, worker_id,
           lease_expires_at, finished_at)
         VALUES ($1, $2, 'cron', $3, $4, $5, $6, $7,
           CASE WHEN $3 = 'claimed' THEN now() + ${LEASE} END, CASE WHEN $3 <> 'claimed' THEN now() END)
         ON CONFLICT DO NOTHING RETURNING schedule_id`,
        [
          scheduleId,
          tickUtc,
          skipped === null ? 'claimed' : 'skipped',
          skipped?.reason ?? null,
          skipped?.message ?? null,
          missed,
          workerId,
        ],
      );
      await setNextTick(manager, scheduleId, nextTickMs);
      await manager.query(
        `DELETE FROM schedule_ticks
         WHERE schedule_id = $1 AND tick_utc < now() - ${KEPT} AND status IN ('skipped', 'failed')`,
        [scheduleId],
      );
      return inserted.length === 0 || skipped !== null ? null : { schedule, tickUtc };
    });
  }

  /** A tick that somebody asked for, now. */
  async claimManually(schedule: Schedule, workerId: string): Promise<ClaimedTick> {
    const rows: { tick_utc: Date }[] = await this.dataSource.query(
      `INSERT INTO schedule_ticks (schedule_id, tick_utc, trigger, status, worker_id, lease_expires_at)
       VALUES ($1, date_trunc('milliseconds', clock_timestamp()), 'manual', 'claimed', $2, now() + ${LEASE})
       RETURNING tick_utc`,
      [schedule.scheduleId, workerId],
    );
    return { schedule, tickUtc: rows[0].tick_utc.toISOString() };
  }

  /** Takes over a tick whose process has gone before it was done. */
  async takeOver(workerId: string): Promise<ClaimedTick | null> {
    const [rows] = await this.dataSource.query<[{ schedule_id: string; tick_utc: Date }[], number]>(
      `UPDATE schedule_ticks SET worker_id = $1, lease_expires_at = now() + ${LEASE}
       WHERE (schedule_id, tick_utc) IN (
         SELECT schedule_id, tick_utc FROM schedule_ticks
         WHERE status = 'claimed' AND lease_expires_at < now() ORDER BY tick_utc LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING schedule_id, tick_utc`,
      [workerId],
    );
    const row = rows.at(0);
    if (row === undefined) return null;
    const entity = await this.dataSource.getRepository(ScheduleEntity).findOneBy({ id: row.schedule_id });
    return entity === null ? null : { schedule: toSchedule(entity), tickUtc: row.tick_utc.toISOString() };
  }

  /** false = it belongs to somebody else by now. */
  async renew({ schedule, tickUtc }: ClaimedTick, workerId: string): Promise<boolean> {
    const [, count] = await this.dataSource.query<[unknown[], number]>(
      `UPDATE schedule_ticks SET lease_expires_at = now() + ${LEASE}
       WHERE schedule_id = $1 AND tick_utc = $2 AND worker_id = $3 AND status = 'claimed'`,
      [schedule.scheduleId, tickUtc, workerId],
    );
    return count > 0;
  }

  /** Says once what became of a tick. */
  async finish({ schedule, tickUtc }: ClaimedTick, workerId: string, end: TickEnd): Promise<void> {
    const [reason, message] = end.status === 'started' ? [null, null] : [end.reason, end.message];
    await this.dataSource.query(
      `UPDATE schedule_ticks SET status = $4, reason = $5, message = $6, training_id = $7, input = $8,
         lease_expires_at = NULL, finished_at = now()
       WHERE schedule_id = $1 AND tick_utc = $2 AND worker_id = $3 AND status = 'claimed'`,
      [
        schedule.scheduleId,
        tickUtc,
        workerId,
        end.status,
        reason,
        message,
        end.status === 'started' ? end.trainingId : null,
        end.input === undefined ? null : JSON.stringify(end.input),
      ],
    );
  }

  /** The newest tick of each schedule. */
  async newest(scheduleIds: readonly string[]): Promise<Map<string, ScheduleTick>> {
    const rows: TickRow[] = await this.dataSource.query(
      `SELECT DISTINCT ON (schedule_id) ${TICK_COLUMNS} FROM schedule_ticks WHERE schedule_id = ANY($1)
       ORDER BY schedule_id, tick_utc DESC`,
      [scheduleIds],
    );
    return new Map(rows.map((row) => [row.schedule_id, toTick(row)]));
  }

  /** Ticks that started a training, newest first. */
  async started(scheduleId: string, limit: number): Promise<ScheduleTick[]> {
    const rows: TickRow[] = await this.dataSource.query(
      `SELECT ${TICK_COLUMNS} FROM schedule_ticks WHERE schedule_id = $1 AND status = 'started'
       ORDER BY tick_utc DESC LIMIT $2`,
      [scheduleId, limit],
    );
    return rows.map(toTick);
  }
}

type TickRow = Pick<ScheduleTickEntity, 'trigger' | 'status' | 'reason' | 'message' | 'input'> & {
  readonly schedule_id: string;
  readonly tick_utc: Date;
  readonly training_id: string | null;
  readonly missed_ticks: number;
};

const TICK_COLUMNS =
  'schedule_id, tick_utc, trigger, status, reason, message, training_id, input, missed_ticks';

function toTick(row: TickRow): ScheduleTick {
  return {
    scheduleId: row.schedule_id,
    tickUtc: row.tick_utc.toISOString(),
    trigger: row.trigger as ScheduleTick['trigger'],
    status: row.status as TickStatus,
    reason: row.reason,
    message: row.message,
    trainingId: row.training_id,
    input: row.input as TickInput | null,
    missedTicks: row.missed_ticks,
  };
}

async function setNextTick(manager: EntityManager, scheduleId: string, ms: number | null): Promise<void> {
  await manager.query('UPDATE schedules SET next_tick_at = $2 WHERE id = $1', [
    scheduleId,
    ms === null ? null : new Date(ms),
  ]);
}
