import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentFlowService } from '../../../src/pipeline/deployment-flow.service.js';
import type { RunContext } from '../../../src/pipeline/run-context.js';
import { RunExecutorService } from '../../../src/pipeline/run-executor.service.js';
import type { RunTrackerService } from '../../../src/pipeline/run-tracker.service.js';
import { runConfig } from '../../../src/pipeline/run-config.js';
import type { TrainingOutcome } from '../../../src/pipeline/training-outcome.js';
import type { TrainingPipelineService } from '../../../src/pipeline/training-pipeline.service.js';
import type { TrainingRequest } from '../../../src/pipeline/training-request.js';
import { systemClock } from '../../../src/platform/clock.js';
import { codeDefaults } from '../../../src/platform/config/resolve-layers.js';
import { Observations, type Observation } from '../../../src/platform/metrics/observations.js';
import type { TrainingConfig } from '../../../src/platform/config/schema/training.schema.js';
import { JobAbortedError } from '../../../src/platform/queue/job-queue.js';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import type { NewModelVersion } from '../../../src/registry/model-version.js';
import { ModelVersionRepository } from '../../../src/registry/model-version.repository.js';
import type { Transaction } from '../../../src/platform/database/transaction.js';
import { AppError } from '../../../src/shared/errors.js';
import { TrainingQueueRepository } from '../../../src/training/training-queue.repository.js';
import { TrainingRunRepository } from '../../../src/training/training-run.repository.js';
import { TrainingRunsService } from '../../../src/training/training-runs.service.js';
import type { TrainingRun } from '../../../src/training/training-run.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const never = new AbortController().signal;

/** Real tables and files; only the training itself is replaced, by whatever a test wants it to do. */
describe('the run executor', () => {
  const directory = temporaryDirectory('executor');
  let database: MigratedDatabase;
  let repository: TrainingRunRepository;
  let runs: TrainingRunsService;
  let registry: ModelRegistryService;

  beforeAll(async () => {
    database = await createMigratedDatabase('executor');
    repository = new TrainingRunRepository(database.dataSource);
    runs = new TrainingRunsService(repository, new TrainingQueueRepository(database.dataSource));
    const versions = new ModelVersionRepository(database.dataSource);
    registry = new ModelRegistryService(versions, new ArtifactStore(join(directory, 'models')));
  });
  afterAll(() => database.drop());

  type Train = (context: RunContext) => Promise<TrainingOutcome>;
  const deploys: string[] = [];
  const observations = new Observations();

  function executor(train: Train, service = runs): RunExecutorService {
    const pipeline = {
      train: (_request: unknown, _config: unknown, _actor: unknown, context: RunContext) => train(context),
    } as unknown as TrainingPipelineService;
    const deployments = {
      deploy: ({ version }: { version: string }) => {
        deploys.push(version);
        return Promise.resolve();
      },
    } as unknown as DeploymentFlowService;
    const tracker = { track: () => Promise.resolve() } as unknown as RunTrackerService;
    return new RunExecutorService(
      service,
      pipeline,
      deployments,
      registry,
      tracker,
      observations,
      systemClock,
    );
  }

  function create(
    request: Partial<TrainingRequest> = {},
    limits: Partial<TrainingConfig> = {},
  ): Promise<TrainingRun> {
    const values = structuredClone(codeDefaults().values);
    Object.assign(values.training, limits);
    return runs.create({
      trainingId: randomUUID(),
      modelName: 'wifi',
      step: 'Waiting',
      request: { files: [], deploy: false, outputDir: null, ...request },
      config: runConfig({ values, hash: 'h' }).values,
      configHash: 'h',
      origin: 'api',
      idempotencyKey: null,
    });
  }

  const trains =
    (gatePassed = true): Train =>
    async ({ trainingId, step, registered }) => {
      await step('save');
      const outcome = (model: NewModelVersion): TrainingOutcome =>
        ({
          model,
          modelSha256: 'h',
          evaluation: { basic_metrics: { threshold_value: 0.5 }, ground_truth: null },
          featureNames: [],
          logCount: 1,
          warnings: [],
          durationSeconds: 1,
        }) as unknown as TrainingOutcome;
      const { model } = await registry.register(
        buildTrainedModel({ trainingId, gatePassed }),
        '%Y%m%d_%H%M%S',
        Date.UTC(2024, 0, 1),
        { name: 'test', reason: null },
        undefined,
        (transaction, version) => registered!(transaction, outcome(version)),
      );
      return outcome(model);
    };

  /** Works until it is told to stop. */
  const untilAborted: Train = async ({ signal }) => {
    for (;;) {
      signal.throwIfAborted();
      await sleep(10);
    }
  };

  const events = (run: TrainingRun) => repository.eventsAfter(run.trainingId, 0, 1000);

  it('completes a run with its version, at 100 %', async () => {
    const run = await create();
    const reported: number[] = [];
    const result = await executor(trains()).execute(run, never, { onProgress: (p) => reported.push(p) });
    expect(result?.status).toBe('completed');
    const stored = await runs.get(run.trainingId);
    expect(stored).toMatchObject({ status: 'completed', progress: 100, error: null });
    expect((stored.result as { version: string }).version).toBe(stored.version);
    expect(reported).toEqual([95, 100]);
    expect((await events(run)).map(({ type }) => type)).toEqual(['queued', 'progress', 'completed']);
    expect(deploys).toEqual([]);
  });

  it('says how long its steps took and how it ended', async () => {
    const seen: Observation[] = [];
    const stop = observations.listen((observation) => seen.push(observation));
    const slow: Train = async (context) => {
      await context.step('train');
      await sleep(60);
      return trains(false)(context);
    };
    await executor(slow).execute(await create(), never);
    await executor(untilAborted).execute(await create(), AbortSignal.abort(new JobAbortedError('shutdown')));
    stop();
    expect(seen).toMatchObject([
      { kind: 'run_step', step: 'train' },
      { kind: 'run_step', step: 'save' },
      { kind: 'run_ended', outcome: 'rejected' },
      { kind: 'run_ended', outcome: 'requeued' },
    ]);
    const [train, , end] = seen as { readonly seconds: number }[];
    expect(train.seconds).toBeGreaterThan(0.05);
    expect(end.seconds).toBeGreaterThanOrEqual(train.seconds);
  });

  it('records a failed gate as rejected and does not deploy it', async () => {
    const run = await create({ deploy: true });
    expect((await executor(trains(false)).execute(run, never))?.status).toBe('rejected');
    const { status, version } = await runs.get(run.trainingId);
    expect(status).toBe('rejected');
    expect((await registry.get(version!)).status).toBe('rejected');
    expect(deploys).toEqual([]);
  });

  it('deploys when asked and the gate passed', async () => {
    const run = await create({ deploy: true });
    await executor(trains()).execute(run, never);
    expect(deploys.splice(0)).toEqual([(await runs.get(run.trainingId)).version]);
  });

  it('copies the version to the output directory, whole', async () => {
    const outputDir = join(directory, 'out');
    const run = await create({ outputDir });
    await executor(trains()).execute(run, never);
    const { version } = await runs.get(run.trainingId);
    const copy = readFileSync(join(outputDir, version!, 'model.joblib'));
    expect(copy.equals(registry.store.read(version!, 'model.joblib'))).toBe(true);
  });

  it('keeps the version when the output directory is the models directory', async () => {
    const run = await create({ outputDir: join(directory, 'models') });
    expect((await executor(trains()).execute(run, never))?.status).toBe('completed');
    const { version } = await runs.get(run.trainingId);
    expect((await registry.verify(version!)).passed).toBe(true);
    expect(existsSync(join(directory, 'models', version!, version!))).toBe(false);
  });

  it('records code, message and hint of an error', async () => {
    const run = await create();
    const error = new AppError('not_enough_data', 'Too few windows.', { hint: 'More days.' });
    const result = await executor(() => Promise.reject(error)).execute(run, never);
    expect(result).toEqual({ status: 'failed', error });
    expect(await runs.get(run.trainingId)).toMatchObject({
      status: 'failed',
      error: { code: 'not_enough_data', message: 'Too few windows.', hint: 'More days.' },
    });
  });

  it('records an unexpected error as internal', async () => {
    const run = await create();
    const result = await executor(() => Promise.reject(new TypeError('oops'))).execute(run, never);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'internal', message: 'oops' } });
  });

  it('stops within two seconds when somebody cancels the run', async () => {
    const run = await create();
    const execution = executor(untilAborted).execute(run, never);
    await sleep(100);
    await runs.requestCancel(run.trainingId, 'test');
    const asked = performance.now();
    expect((await execution)?.status).toBe('cancelled');
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(await runs.get(run.trainingId)).toMatchObject({
      status: 'cancelled',
      error: { code: 'cancelled' },
    });
  });

  it('stops when another worker has taken the run, and writes nothing', async () => {
    const run = await create();
    const execution = executor(untilAborted).execute(run, never);
    await sleep(100);
    await database.dataSource.query(
      `UPDATE training_runs SET fencing_token = fencing_token + 1, worker_id = 'other:1' WHERE id = $1`,
      [run.trainingId],
    );
    expect((await execution)?.status).toBe('cancelled');
    expect((await runs.get(run.trainingId)).status).toBe('running');
  });

  it('stops at the time limit of the run and says so', async () => {
    const run = await create({}, { max_training_time: 1 });
    const result = await executor(untilAborted).execute(run, never);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'time_limit' } });
    expect((await runs.get(run.trainingId)).error?.message).toContain('training.max_training_time');
  });

  it('stops at the memory limit of the run and says so; the process lives on', async () => {
    const run = await create({}, { max_memory_usage: 256 });
    const held: Buffer[] = [];
    const grows: Train = async ({ signal }) => {
      for (;;) {
        signal.throwIfAborted();
        // Typed arrays, outside of the JavaScript heap; written to, so that they are really there.
        if (held.length < 40) held.push(Buffer.alloc(32 << 20, 1));
        await sleep(20);
      }
    };
    const result = await executor(grows).execute(run, never);
    held.length = 0;
    expect(result).toMatchObject({ status: 'failed', error: { code: 'memory_limit' } });
    expect((await runs.get(run.trainingId)).error?.message).toContain('training.max_memory_usage (256 MB)');
    expect((await executor(trains()).execute(await create(), never))?.status).toBe('completed');
  });

  it('registers nothing when it is cancelled just before the version is committed', async () => {
    const run = await create();
    const cancelledLate: Train = async (context) => {
      await runs.requestCancel(run.trainingId, 'test');
      return trains()(context);
    };
    expect((await executor(cancelledLate).execute(run, never))?.status).toBe('cancelled');
    expect(await runs.get(run.trainingId)).toMatchObject({
      status: 'cancelled',
      version: null,
      result: null,
    });
    const sql = 'SELECT 1 FROM model_versions WHERE training_run_id = $1';
    expect(await database.dataSource.query(sql, [run.trainingId])).toEqual([]);
  });

  it('registers nothing when another worker took the run while it was paused, and takes its files away', async () => {
    const run = await create();
    const before = registry.store.list();
    const paused: Train = async (context) => {
      await database.dataSource.query(
        `UPDATE training_runs SET fencing_token = fencing_token + 1, worker_id = 'other:1' WHERE id = $1`,
        [run.trainingId],
      );
      return trains()(context);
    };
    await executor(paused).execute(run, never);
    expect((await runs.get(run.trainingId)).status).toBe('running');
    expect(registry.store.list()).toEqual(before);
  });

  it('makes no second version when the first worker was lost between registering it and ending the run', async () => {
    const run = await create({ deploy: true });
    const lease = await repository.start(run.trainingId, 'dead:1', -1);
    const lost = {
      trainingId: run.trainingId,
      step: () => Promise.resolve(),
      registered: (transaction: Transaction, { model: { version } }: TrainingOutcome) =>
        repository.recordVersion(transaction, lease!, {
          version,
          result: { version, gate: { passed: true }, training_id: run.trainingId },
        }),
    } as unknown as RunContext;
    const { model } = await trains()(lost);
    const never2 = (): never => {
      throw new Error('trained a second time');
    };
    expect((await executor(never2).execute(run, never))?.status).toBe('completed');
    expect(await runs.get(run.trainingId)).toMatchObject({ version: model.version, lostWorkers: 1 });
    expect(deploys.splice(0)).toEqual([model.version]);
  });

  it('hands the run back when its worker shuts down', async () => {
    const run = await create();
    const stop = new AbortController();
    const execution = executor(untilAborted).execute(run, stop.signal);
    await sleep(50);
    stop.abort(new JobAbortedError('shutdown'));
    await execution;
    expect(await runs.get(run.trainingId)).toMatchObject({ status: 'queued', error: null });
  });

  it('writes nothing when its worker lost the job', async () => {
    const run = await create();
    const stop = new AbortController();
    const execution = executor(untilAborted).execute(run, stop.signal);
    await sleep(50);
    stop.abort(new JobAbortedError('lock_lost'));
    await execution;
    expect((await runs.get(run.trainingId)).status).toBe('running');
  });

  it('leaves a run alone that another process works on or that has ended', async () => {
    const run = await create();
    await repository.start(run.trainingId, 'other:1', 60);
    expect(await executor(trains()).execute(run, never)).toBeNull();
    const ended = await create();
    await runs.requestCancel(ended.trainingId, 'test');
    expect(await executor(trains()).execute(ended, never)).toBeNull();
  });

  it('never lets progress go back, however slow a single write is', async () => {
    const run = await create();
    const slow = Object.create(runs) as TrainingRunsService;
    let calls = 0;
    slow.progress = async (lease, progress, step) => {
      if (calls++ % 2 === 0) await sleep(60);
      await runs.progress(lease, progress, step);
    };
    const train: Train = async (context) => {
      await context.step('load');
      for (let i = 1; i <= 8; i++) context.fraction('load', i / 10);
      await context.step('extract');
      context.fraction('extract', 0.5);
      return trains()(context);
    };
    await executor(train, slow).execute(run, never);
    const progress = (await events(run)).map((event) => event.progress);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress).toContain(30);
    expect(progress.at(-1)).toBe(100);
  });
});
