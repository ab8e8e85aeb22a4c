import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { knownFeatureNames } from '../../features/core/known-features.js';
import { APP_CONFIG } from '../../platform/config/app-config.js';
import type { ResolvedConfig } from '../../platform/config/load-config.js';
import { withRunOverrides } from '../../platform/config/run-overrides.js';
import { AppError } from '../../shared/errors.js';
import { TrainingRunsService } from '../../training/training-runs.service.js';
import { ticksOf } from './due-tick.js';
import type { Schedule, ScheduleSettings, ScheduleTick } from './schedule.js';
import type { ScheduleView, TickView } from './schedule-json.js';
import { ScheduleRepository, type ScheduleListQuery } from './schedule.repository.js';
import { checkSettings } from './schedule-settings.js';
import { ScheduleTickRepository } from './schedule-tick.repository.js';
import { ScheduleTickService } from './schedule-tick.service.js';

/** Throws when the caller may not change the schedule, or thought that it was something else. */
export type ChangeGuard = (current: Schedule) => void;

export interface SettingsChange {
  readonly patch: Partial<ScheduleSettings>;
  readonly actor: string;
  readonly guard?: ChangeGuard;
  /** Check everything and change nothing. */
  readonly dryRun?: boolean;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Schedules for people: made, changed, listed with what became of them, and run now. */
@Injectable()
export class SchedulesService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    private readonly schedules: ScheduleRepository,
    private readonly ticks: ScheduleTickRepository,
    private readonly tickService: ScheduleTickService,
    private readonly runs: TrainingRunsService,
  ) {}

  /** @throws AppError `validation_failed`, `config_invalid`, `conflict` for a name that is taken */
  async create(settings: ScheduleSettings, actor: string, dryRun = false): Promise<ScheduleView> {
    const nowMs = await this.schedules.nowMs();
    this.check(settings, nowMs);
    const scheduleId = randomUUID();
    const nextTickMs = firstTick(settings, nowMs);
    if (!dryRun) return this.view(await this.schedules.create({ scheduleId, settings, nextTickMs }, actor));
    if ((await this.schedules.findByName(settings.name)) !== null)
      throw new AppError('conflict', `There is another schedule of that name (${settings.name}).`);
    return { schedule: preview(scheduleId, settings, nextTickMs, nowMs), lastTick: null, nowMs };
  }

  async change(
    scheduleId: string,
    { patch, actor, guard, dryRun = false }: SettingsChange,
  ): Promise<ScheduleView> {
    const nowMs = await this.schedules.nowMs();
    const apply = (current: Schedule): { settings: ScheduleSettings; nextTickMs: number | null } => {
      guard?.(current);
      const settings = { ...settingsOf(current), ...patch };
      this.check(settings, nowMs);
      const isSameTime =
        settings.cron === current.cron &&
        settings.timezone === current.timezone &&
        settings.paused === current.paused;
      // What was due before a change of other members is still due after it.
      const kept = current.nextTickAt === null ? null : Date.parse(current.nextTickAt);
      return { settings, nextTickMs: isSameTime ? kept : firstTick(settings, nowMs) };
    };
    if (!dryRun) return this.view(await this.schedules.update(scheduleId, actor, apply));
    const current = await this.get(scheduleId);
    const { settings, nextTickMs } = apply(current);
    return this.view({ ...preview(scheduleId, settings, nextTickMs, nowMs), createdAt: current.createdAt });
  }

  async remove(scheduleId: string, actor: string, guard: ChangeGuard, dryRun = false): Promise<void> {
    if (dryRun) guard(await this.get(scheduleId));
    else await this.schedules.remove(scheduleId, actor, guard);
  }

  /** @throws AppError `not_found` */
  async get(scheduleId: string): Promise<Schedule> {
    const schedule = await this.schedules.find(scheduleId);
    if (schedule !== null) return schedule;
    throw new AppError('not_found', `There is no schedule ${scheduleId}.`);
  }

  /** By its id or its name. */
  async find(reference: string): Promise<Schedule> {
    const byName = await this.schedules.findByName(reference);
    if (byName !== null) return byName;
    if (UUID.test(reference)) return this.get(reference);
    throw new AppError('not_found', `There is no schedule ${reference}.`);
  }

  async list(query: ScheduleListQuery): Promise<ScheduleView[]> {
    const [schedules, nowMs] = [await this.schedules.list(query), await this.schedules.nowMs()];
    const last = await this.ticks.newest(schedules.map(({ scheduleId }) => scheduleId));
    const views: ScheduleView[] = [];
    for (const schedule of schedules) {
      const tick = last.get(schedule.scheduleId);
      views.push({ schedule, nowMs, lastTick: tick === undefined ? null : await this.tickView(tick) });
    }
    return views;
  }

  async view(schedule: Schedule): Promise<ScheduleView> {
    const tick = (await this.ticks.newest([schedule.scheduleId])).get(schedule.scheduleId);
    const lastTick = tick === undefined ? null : await this.tickView(tick);
    return { schedule, lastTick, nowMs: await this.schedules.nowMs() };
  }

  /** A training now, whatever is new; resolves when it is queued, or when it is clear that there is none. */
  async run(schedule: Schedule, signal: AbortSignal): Promise<TickView> {
    await this.tickService.runNow(schedule, signal);
    const { lastTick } = await this.view(schedule);
    if (lastTick !== null) return lastTick;
    throw new AppError('conflict', `The schedule ${schedule.name} was deleted meanwhile.`);
  }

  private async tickView(tick: ScheduleTick): Promise<TickView> {
    const run = tick.trainingId === null ? null : await this.runs.find(tick.trainingId);
    return { tick, run: run === null ? null : { status: run.status, version: run.version } };
  }

  private check(settings: ScheduleSettings, nowMs: number): void {
    checkSettings(settings, nowMs);
    withRunOverrides(this.config, settings.configOverrides ?? undefined, {
      knownFeatures: knownFeatureNames(),
    });
  }
}

const firstTick = (settings: ScheduleSettings, nowMs: number): number | null =>
  settings.paused ? null : ticksOf(settings).after(nowMs);

function settingsOf(schedule: Schedule): ScheduleSettings {
  const { name, cron, timezone, source, modelName, configOverrides, deploy, condition } = schedule;
  const { minNewRecords, minNewWindows, catchUp, paused } = schedule;
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

function preview(
  scheduleId: string,
  settings: ScheduleSettings,
  nextTickMs: number | null,
  nowMs: number,
): Schedule {
  const now = new Date(nowMs).toISOString();
  const nextTickAt = nextTickMs === null ? null : new Date(nextTickMs).toISOString();
  return { ...settings, scheduleId, nextTickAt, createdAt: now, updatedAt: now };
}
