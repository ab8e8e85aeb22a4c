import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../platform/clock.js';
import { Observations } from '../platform/metrics/observations.js';
import { endAhead, limitThreadHeaps } from '../platform/compute/thread-task.js';
import { atFailPoint } from '../platform/config/fail-point.js';
import { isConnectionLoss } from '../platform/database/connection-loss.js';
import { processIdentity } from '../platform/process-identity.js';
import { JobAbortedError } from '../platform/queue/job-queue.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { Actor } from '../registry/model-version.js';
import { AppError, serializeError } from '../shared/errors.js';
import { RUN_STEPS, STEP_TITLES, type RunStep } from '../training/core/run-status.js';
import { TrainingRunsService } from '../training/training-runs.service.js';
import type { RunFailure, RunLease, TrainingRun } from '../training/training-run.js';
import { DeploymentFlowService } from './deployment-flow.service.js';
import type { ExecutionResult } from './execution-result.js';
import { runConfig, type RunConfig } from './run-config.js';
import type { RunContext } from './run-context.js';
import { copyVersion } from './copy-version.js';
import { memoryWatch } from './memory-watch.js';
import { RunObserver } from './run-observer.js';
import { RunTrackerService } from './run-tracker.service.js';
import { trainingResult, type TrainingResult } from './training-result.js';
import { TrainingPipelineService } from './training-pipeline.service.js';
import type { TrainingRequest } from './training-request.js';
import type { TrainingServiceConfig } from '../platform/config/schema/training-service-config.js';

const RENEW_EVERY_MS = 1_000;

export interface ExecutionListener {
  onProgress?(progress: number, step: string): void;
}

/**
 * Carries out one recorded run in this process: takes its lease, keeps it while working, persists progress, and ends
 * the run in exactly one terminal state. The CLI and the queue worker both come through here.
 */
@Injectable()
export class RunExecutorService {
  constructor(
    private readonly runs: TrainingRunsService,
    private readonly pipeline: TrainingPipelineService,
    private readonly deployments: DeploymentFlowService,
    private readonly registry: ModelRegistryService,
    private readonly tracker: RunTrackerService,
    private readonly observations: Observations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** null = another worker has the run, or it has ended. */
  async execute(
    run: TrainingRun,
    signal: AbortSignal,
    listener: ExecutionListener = {},
  ): Promise<ExecutionResult | null> {
    const startMs = this.clock.nowMs();
    const execution = await this.carryOut(run, signal, listener);
    if (execution !== null) await this.tracker.track(run, execution, startMs, signal);
    return execution;
  }

  private async carryOut(
    run: TrainingRun,
    signal: AbortSignal,
    listener: ExecutionListener,
  ): Promise<ExecutionResult | null> {
    const lease = await atFailPoint('receive', () => this.runs.start(run.trainingId, processIdentity()));
    if (lease === null) return null;
    const observer = new RunObserver(this.observations, this.clock);
    const stop = new AbortController();
    const config = storedConfig(run);
    const limits = keepLimits(config, stop);
    const timer = this.keepLease(lease, stop);
    try {
      const context = this.context(lease, AbortSignal.any([signal, stop.signal]), listener, observer);
      const result = await this.work(run, config, lease, context);
      const status = result.gate.passed ? 'completed' : 'rejected';
      const { version } = result;
      const ended = await atFailPoint('notify', () =>
        this.runs.finish(lease, { status, progress: 100, step: STEP_TITLES.done, version, result }),
      );
      if (!ended) throw new AppError('cancelled', `Run ${run.trainingId} was taken over by another worker.`);
      listener.onProgress?.(100, STEP_TITLES.done);
      observer.end(status);
      // Stored results hold the key of the version; only a command on this machine is told the path.
      return { status, result: { ...result, model_path: this.registry.store.path(version) } };
    } catch (error) {
      return await this.fail(lease, error, signal, observer);
    } finally {
      clearInterval(timer);
      limits.release();
      // Those of a run that ended before it needed them.
      endAhead();
    }
  }

  private keepLease(lease: RunLease, stop: AbortController): NodeJS.Timeout {
    const renew = async (): Promise<void> => {
      const state = await this.runs.renew(lease);
      if (state === 'cancel') stop.abort(new AppError('cancelled', 'The run was cancelled.'));
      if (state === 'lost')
        stop.abort(new AppError('cancelled', 'The run was taken over by another worker.'));
    };
    return setInterval(() => {
      // A database that is away for a moment must not end the work; the next renewal tries again.
      renew().catch(() => undefined);
    }, RENEW_EVERY_MS);
  }

  private async work(
    run: TrainingRun,
    config: RunConfig,
    lease: RunLease,
    context: RunContext,
  ): Promise<TrainingResult> {
    const request = run.request as TrainingRequest;
    const actor = { name: run.origin, reason: `training ${run.trainingId}` };
    // A worker that was lost may have registered the version of this run already; it gets no second one.
    const made =
      (lease.registered as TrainingResult | undefined) ?? (await this.train(request, config, actor, context));
    const { version } = made;
    // Made by another worker, it may be on that machine only.
    const { status } = await this.registry.fetch(version);
    if (request.outputDir !== null)
      copyVersion(this.registry.store.path(version), request.outputDir, version);
    if (request.deploy && made.gate.passed && status === 'available') {
      await this.deployments.deploy({ version, target: 'default', actor }).catch((error: unknown) => {
        throw notDeployed(version, error);
      });
    }
    return { ...made, model_status: (await this.registry.get(version)).status };
  }

  private async train(
    request: TrainingRequest,
    config: RunConfig,
    actor: Actor,
    context: RunContext,
  ): Promise<TrainingResult> {
    const outcome = await this.pipeline.train(request, config, actor, context);
    return trainingResult(context.trainingId, outcome, outcome.model.storageKey);
  }

  private context(
    lease: RunLease,
    signal: AbortSignal,
    listener: ExecutionListener,
    observer: RunObserver,
  ): RunContext {
    let reported = 0;
    let written: Promise<void> = Promise.resolve();
    // One after the other: on two connections a later step could be overtaken by the fraction before it.
    const persist = (progress: number, title: string): Promise<void> => {
      const write = written.then(() => this.runs.progress(lease, progress, title, signal));
      written = write.catch(() => undefined);
      return write;
    };
    const report = (progress: number, title: string): void => {
      reported = progress;
      listener.onProgress?.(progress, title);
    };
    return {
      trainingId: lease.trainingId,
      signal,
      step: async (step) => {
        signal.throwIfAborted();
        observer.begin(step);
        report(RUN_STEPS[step], STEP_TITLES[step]);
        await persist(RUN_STEPS[step], STEP_TITLES[step]);
      },
      fraction: (step, fraction) => {
        const progress = Math.floor(RUN_STEPS[step] + fraction * (nextStep(step) - RUN_STEPS[step]));
        if (progress <= reported) return;
        report(progress, STEP_TITLES[step]);
        void persist(progress, STEP_TITLES[step]).catch(() => undefined);
      },
      registered: (transaction, outcome) =>
        this.runs.recordVersion(transaction, lease, {
          version: outcome.model.version,
          result: trainingResult(lease.trainingId, outcome, outcome.model.storageKey),
        }),
    };
  }

  private async fail(
    lease: RunLease,
    error: unknown,
    signal: AbortSignal,
    observer: RunObserver,
  ): Promise<ExecutionResult> {
    const failure = asAppError(error);
    const status = failure.code === 'cancelled' ? 'cancelled' : 'failed';
    const job = signal.reason instanceof JobAbortedError ? signal.reason.reason : null;
    observer.end(job === 'shutdown' ? 'requeued' : job === 'lock_lost' ? 'lost' : status);
    // A worker that shuts down hands the run back; one that lost its lock must not write: it may be somebody else's.
    if (job === 'shutdown') await this.runs.requeue(lease);
    else if (job !== 'lock_lost') {
      const { version } = failure.details as { version?: string };
      await this.runs.finish(lease, { status, version, error: toRunFailure(failure) });
    }
    return { status, error: failure };
  }
}

function nextStep(step: RunStep): number {
  return Math.min(...Object.values(RUN_STEPS).filter((progress) => progress > RUN_STEPS[step]));
}

function storedConfig(run: TrainingRun): RunConfig {
  return runConfig({ values: run.config as TrainingServiceConfig, hash: run.configHash });
}

/** The model is there, only its deployment failed: the run says both. */
function notDeployed(version: string, error: unknown): AppError {
  const cause = asAppError(error);
  return new AppError(
    cause.code,
    `Model ${version} was trained and registered, but not deployed: ${cause.message}`,
    {
      cause: error,
      hint: `When the cause is gone: mcp-training deploy ${version}`,
      details: { version },
    },
  );
}

/** `training.max_training_time` and `training.max_memory_usage`, until they are released. */
function keepLimits({ values }: RunConfig, stop: AbortController): { release(): void } {
  const { max_training_time: seconds, max_memory_usage: megabytes } = values.training;
  limitThreadHeaps(megabytes);
  const timer = setTimeout(() => {
    stop.abort(timeLimitError(seconds));
  }, seconds * 1000);
  const endWatch = memoryWatch.begin(megabytes, (error) => {
    stop.abort(error);
  });
  return {
    release: () => {
      clearTimeout(timer);
      endWatch();
    },
  };
}

function timeLimitError(seconds: number): AppError {
  return new AppError(
    'time_limit',
    `The training took longer than training.max_training_time (${seconds} s) and was stopped.`,
    { hint: 'Raise training.max_training_time, or train on a shorter date range.' },
  );
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new AppError('cancelled', 'The run was interrupted.', { cause: error });
  if (isConnectionLoss(error))
    return new AppError('unavailable', `The database could not be reached: ${error.message}`, {
      cause: error,
    });
  const { message, stack } = serializeError(error);
  const failure = new AppError('internal', message, { cause: error });
  if (stack !== undefined) failure.stack = stack;
  return failure;
}

function toRunFailure(error: AppError): RunFailure {
  return { code: error.code, message: error.message, hint: error.hint ?? null, details: error.details };
}
