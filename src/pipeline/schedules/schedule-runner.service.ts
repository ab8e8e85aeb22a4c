import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { AppLogger } from '../../platform/logging/app-logger.js';
import { APP_LOGGER } from '../../platform/logging/logging.module.js';
import { ScheduleTickRepository } from './schedule-tick.repository.js';
import { ScheduleTickService } from './schedule-tick.service.js';

/** How often the table is looked at: a tick of a schedule made elsewhere, or missed by a timer, is late by that much. */
const LOOK_EVERY_MS = 15_000;
const LOOK_AHEAD_SECONDS = 20;
const NAME = 'schedules';

/** Wakes up for ticks. Timers only say when to look; whether a tick is due, and whose it is, the database says. */
@Injectable()
export class ScheduleRunnerService {
  private readonly stopping = new AbortController();
  private looking: Promise<void> = Promise.resolve();
  private armed = new Set<string>();

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly repository: ScheduleTickRepository,
    private readonly ticks: ScheduleTickService,
    @Inject(APP_LOGGER) private readonly logger: AppLogger,
  ) {}

  start(): void {
    this.registry.addInterval(
      NAME,
      setInterval(() => {
        this.look();
      }, LOOK_EVERY_MS),
    );
    this.look();
  }

  /** Waits for what is under way; ticks that are not done are taken over by another process. */
  async stop(): Promise<void> {
    if (this.registry.doesExist('interval', NAME)) this.registry.deleteInterval(NAME);
    for (const name of this.armed) this.registry.deleteTimeout(name);
    this.armed.clear();
    this.stopping.abort();
    await this.looking;
  }

  /** One after the other: a tick may read a large export. */
  private look(): void {
    this.looking = this.looking.then(async () => {
      if (this.stopping.signal.aborted) return;
      try {
        await this.ticks.takeOver(this.stopping.signal);
        for (const { scheduleId, inMs } of await this.repository.upcoming(LOOK_AHEAD_SECONDS)) {
          if (inMs > 0) this.arm(scheduleId, inMs);
          else await this.ticks.due(scheduleId, this.stopping.signal);
        }
      } catch (error) {
        this.logger.error(
          'Schedules could not be looked at; they are looked at again soon.',
          error,
          'schedules',
        );
      }
    });
  }

  private arm(scheduleId: string, inMs: number): void {
    const name = `${NAME}:${scheduleId}`;
    if (this.armed.has(name)) return;
    this.armed.add(name);
    this.registry.addTimeout(
      name,
      setTimeout(() => {
        this.armed.delete(name);
        this.registry.deleteTimeout(name);
        this.look();
      }, inMs),
    );
  }
}
