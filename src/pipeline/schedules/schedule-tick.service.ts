import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { knownFeatureNames } from '../../features/core/known-features.js';
import { APP_CONFIG } from '../../platform/config/app-config.js';
import type { ResolvedConfig } from '../../platform/config/load-config.js';
import { withRunOverrides } from '../../platform/config/run-overrides.js';
import { processIdentity } from '../../platform/process-identity.js';
import { AppError } from '../../shared/errors.js';
import { isTerminal } from '../../training/core/run-status.js';
import type { TrainingRun } from '../../training/training-run.js';
import { TrainingRunsService } from '../../training/training-runs.service.js';
import { RunCreatorService } from '../run-creator.service.js';
import { TrainingQueueService } from '../training-queue.service.js';
import type { TrainingRequest } from '../training-request.js';
import { dueTick } from './due-tick.js';
import type { ClaimedTick, Schedule, TickEnd, TickInput } from './schedule.js';
import { ScheduleInputService } from './schedule-input.service.js';
import { ScheduleTickRepository } from './schedule-tick.repository.js';

const RENEW_EVERY_MS = 10_000;
/** Trainings looked at for the newest one that ended with a model. */
const LOOKED_BACK = 20;

/** Carries out ticks: of all processes one, from the claim to a queued training. */
@Injectable()
export class ScheduleTickService {
  /** Another one for each instance: one process is not the only scheduler of a machine. */
  private readonly workerId = `${processIdentity()}/${randomUUID()}`;

  constructor(
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    private readonly ticks: ScheduleTickRepository,
    private readonly inputs: ScheduleInputService,
    private readonly runs: TrainingRunsService,
    private readonly creator: RunCreatorService,
    private readonly queue: TrainingQueueService,
  ) {}

  /** The tick of a schedule, if its time has come and nobody has taken it. */
  async due(scheduleId: string, signal: AbortSignal): Promise<void> {
    const claimed = await this.ticks.claim(scheduleId, this.workerId, dueTick);
    if (claimed !== null) await this.carryOut(claimed, { signal, isManual: false });
  }

  /** Ticks that a process took and did not finish. */
  async takeOver(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const claimed = await this.ticks.takeOver(this.workerId);
      if (claimed === null) return;
      await this.carryOut(claimed, { signal, isManual: false });
    }
  }

  /** A training now, whatever is new; not while the one before is still running. */
  async runNow(schedule: Schedule, signal: AbortSignal): Promise<void> {
    const claimed = await this.ticks.claimManually(schedule, this.workerId);
    await this.carryOut(claimed, { signal, isManual: true });
  }

  private async carryOut(
    claimed: ClaimedTick,
    { signal, isManual }: { readonly signal: AbortSignal; readonly isManual: boolean },
  ): Promise<void> {
    const lost = new AbortController();
    const renewing = setInterval(() => {
      this.ticks.renew(claimed, this.workerId).then(
        (isOurs) => {
          if (!isOurs) lost.abort(new AppError('conflict', 'Another process has taken this tick.'));
        },
        // The next try may work; if none does, another process takes the tick and ours has no effect.
        () => undefined,
      );
    }, RENEW_EVERY_MS);
    renewing.unref();
    const stop = AbortSignal.any([signal, lost.signal]);
    try {
      const end = await this.start(claimed, isManual, stop).catch((error: unknown): TickEnd => {
        stop.throwIfAborted();
        return failure(error);
      });
      await this.ticks.finish(claimed, this.workerId, end);
    } catch (error) {
      // A tick that this process had to leave is taken over when its lease is over.
      if (!stop.aborted) throw error;
    } finally {
      clearInterval(renewing);
    }
  }

  private async start(claimed: ClaimedTick, isManual: boolean, signal: AbortSignal): Promise<TickEnd> {
    const { schedule, tickUtc } = claimed;
    const key = `schedule:${schedule.scheduleId}:${tickUtc}`;
    const known = await this.runs.findByIdempotencyKey(key);
    if (known !== null) return this.queued(known, NOTHING_READ);
    const before = await this.trainingsBefore(schedule);
    if (before.unfinished !== null) {
      const message = `The training before, ${before.unfinished}, is not over yet.`;
      return { status: 'skipped', reason: 'previous_run_unfinished', message };
    }
    const config = withRunOverrides(this.config, schedule.configOverrides ?? undefined, {
      knownFeatures: knownFeatureNames(),
    });
    const answer = await this.inputs.find({
      schedule,
      tickMs: Date.parse(tickUtc),
      config,
      sinceMs: before.newestMs,
      onlyNew: schedule.condition === 'new_data' && !isManual,
      signal,
    });
    if ('lack' in answer)
      return { status: 'skipped', reason: 'not_enough_new_data', message: answer.lack, input: answer.input };
    const request: TrainingRequest = {
      ...answer.selection,
      modelName: schedule.modelName,
      configOverrides: schedule.configOverrides,
      deploy: schedule.deploy,
      outputDir: null,
      schedule: { schedule_id: schedule.scheduleId, name: schedule.name, tick_utc: tickUtc },
    };
    const run = await this.creator.create(request, {
      origin: 'schedule',
      actor: `schedule:${schedule.name}`,
      idempotencyKey: key,
      config,
    });
    return this.queued(run, answer.input);
  }

  private async queued(run: TrainingRun, input: TickInput): Promise<TickEnd> {
    if (!isTerminal(run.status)) await this.queue.enqueue(run.trainingId);
    return { status: 'started', trainingId: run.trainingId, input };
  }

  /** What the schedule has trained so far: a run that is not over, and the newest line of the last model. */
  private async trainingsBefore(
    schedule: Schedule,
  ): Promise<{ readonly unfinished: string | null; readonly newestMs: number | null }> {
    for (const { trainingId, input } of await this.ticks.started(schedule.scheduleId, LOOKED_BACK)) {
      const run = trainingId === null ? null : await this.runs.find(trainingId);
      if (run === null) continue;
      if (!isTerminal(run.status)) return { unfinished: run.trainingId, newestMs: null };
      if (run.status === 'completed' || run.status === 'rejected')
        return { unfinished: null, newestMs: input?.newestMs ?? null };
    }
    return { unfinished: null, newestMs: null };
  }
}

const NOTHING_READ: TickInput = { files: [], newestMs: null, newRecords: null, newWindows: null };

function failure(error: unknown): TickEnd {
  const reason = error instanceof AppError ? error.code : 'internal';
  return { status: 'failed', reason, message: error instanceof Error ? error.message : String(error) };
}
