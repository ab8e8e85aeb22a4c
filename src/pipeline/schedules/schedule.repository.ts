import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditLogService } from '../../platform/security/audit-log.service.js';
import { AppError } from '../../shared/errors.js';
import type { CatchUp, Schedule, ScheduleCondition, ScheduleSettings, ScheduleSource } from './schedule.js';
import { ScheduleEntity } from './schedule.entity.js';
import { scheduleState } from './schedule-state.js';

export interface ScheduleListQuery {
  readonly limit: number;
  readonly before?: { readonly createdAt: string; readonly id: string };
}

export interface NewSchedule {
  readonly scheduleId: string;
  readonly settings: ScheduleSettings;
  /** null while paused. */
  readonly nextTickMs: number | null;
}

/** Schedules; each change and its line in the audit log are one transaction. */
@Injectable()
export class ScheduleRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditLogService,
  ) {}

  async create({ scheduleId, settings, nextTickMs }: NewSchedule, actor: string): Promise<Schedule> {
    return this.unique(settings.name, async (manager) => {
      await manager
        .getRepository(ScheduleEntity)
        .insert({ id: scheduleId, ...columns(settings), nextTickAt: moment(nextTickMs) });
      const schedule = await this.locked(manager, scheduleId);
      await this.record(manager, 'schedule_created', actor, null, schedule);
      return schedule;
    });
  }

  /**
   * @param change gets the schedule as it is now, which nobody else changes meanwhile
   * @throws AppError `not_found`, `conflict` for a name that another schedule has
   */
  async update(
    scheduleId: string,
    actor: string,
    change: (current: Schedule) => Omit<NewSchedule, 'scheduleId'>,
  ): Promise<Schedule> {
    return this.unique('', async (manager) => {
      const before = await this.locked(manager, scheduleId);
      const { settings, nextTickMs } = change(before);
      await manager
        .getRepository(ScheduleEntity)
        .update({ id: scheduleId }, { ...columns(settings), nextTickAt: moment(nextTickMs) });
      await manager.query('UPDATE schedules SET updated_at = now() WHERE id = $1', [scheduleId]);
      const after = await this.locked(manager, scheduleId);
      await this.record(manager, 'schedule_changed', actor, before, after);
      return after;
    });
  }

  /** @param check gets the schedule as it is now, and throws to keep it */
  async remove(scheduleId: string, actor: string, check: (current: Schedule) => void): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const before = await this.locked(manager, scheduleId);
      check(before);
      await manager.query('DELETE FROM schedules WHERE id = $1', [scheduleId]);
      await this.record(manager, 'schedule_deleted', actor, before, null);
    });
  }

  async find(scheduleId: string): Promise<Schedule | null> {
    const entity = await this.dataSource.getRepository(ScheduleEntity).findOneBy({ id: scheduleId });
    return entity === null ? null : toSchedule(entity);
  }

  async findByName(name: string): Promise<Schedule | null> {
    const entity = await this.dataSource.getRepository(ScheduleEntity).findOneBy({ name });
    return entity === null ? null : toSchedule(entity);
  }

  /** Newest first. */
  async list({ limit, before }: ScheduleListQuery): Promise<Schedule[]> {
    const query = this.dataSource
      .getRepository(ScheduleEntity)
      .createQueryBuilder('schedule')
      .orderBy('schedule.createdAt', 'DESC')
      .addOrderBy('schedule.id', 'DESC')
      .limit(limit);
    if (before !== undefined) {
      query.andWhere(
        `(schedule.createdAt, schedule.id) < (coalesce((SELECT created_at FROM schedules WHERE id = CAST(:id AS uuid)),
           CAST(:at AS timestamptz)), CAST(:id AS uuid))`,
        { at: before.createdAt, id: before.id },
      );
    }
    return (await query.getMany()).map(toSchedule);
  }

  /** Clock of the database, which decides about ticks. */
  async nowMs(): Promise<number> {
    const [{ ms }] = await this.dataSource.query<[{ ms: string }]>(
      'SELECT floor(extract(epoch FROM now()) * 1000)::text AS ms',
    );
    return Number(ms);
  }

  private async locked(manager: EntityManager, scheduleId: string): Promise<Schedule> {
    const entity = await manager
      .getRepository(ScheduleEntity)
      .findOne({ where: { id: scheduleId }, lock: { mode: 'pessimistic_write' } });
    if (entity !== null) return toSchedule(entity);
    throw new AppError('not_found', `There is no schedule ${scheduleId}.`);
  }

  private async unique<T>(name: string, body: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.dataSource.transaction(body);
    } catch (error) {
      const { code, constraint } = (error as { driverError?: { code?: string; constraint?: string } })
        .driverError ?? { code: undefined, constraint: undefined };
      if (code !== '23505' || constraint !== 'schedules_name_key') throw error;
      throw new AppError(
        'conflict',
        `There is another schedule of that name${name === '' ? '' : ` (${name})`}.`,
        {
          cause: error,
          hint: 'Choose another name, or change the one there is.',
        },
      );
    }
  }

  private async record(
    manager: EntityManager,
    action: string,
    actor: string,
    before: Schedule | null,
    after: Schedule | null,
  ): Promise<void> {
    const { scheduleId } = (after ?? before)!;
    await this.audit.append(
      {
        actor,
        action,
        entity: 'schedule',
        entityId: scheduleId,
        from: before === null ? null : scheduleState(before),
        to: after === null ? null : scheduleState(after),
        reason: null,
      },
      manager,
    );
  }
}

const moment = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

function columns(settings: ScheduleSettings): Partial<ScheduleEntity> {
  const { name, cron, timezone, source, modelName, configOverrides, deploy, condition } = settings;
  const { minNewRecords, minNewWindows, catchUp, paused } = settings;
  return {
    name,
    cron,
    timezone,
    source,
    modelName,
    configOverrides,
    deploy,
    condition,
    minNewRecords,
    minNewWindows,
    catchUp,
    paused,
  };
}

export function toSchedule(entity: ScheduleEntity): Schedule {
  return {
    scheduleId: entity.id,
    name: entity.name,
    cron: entity.cron,
    timezone: entity.timezone,
    source: entity.source as ScheduleSource,
    modelName: entity.modelName,
    configOverrides: entity.configOverrides as Schedule['configOverrides'],
    deploy: entity.deploy,
    condition: entity.condition as ScheduleCondition,
    minNewRecords: entity.minNewRecords,
    minNewWindows: entity.minNewWindows,
    catchUp: entity.catchUp as CatchUp,
    paused: entity.paused,
    nextTickAt: entity.nextTickAt?.toISOString() ?? null,
    createdAt: entity.createdAt.toISOString(),
    updatedAt: entity.updatedAt.toISOString(),
  };
}
