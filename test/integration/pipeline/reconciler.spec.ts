import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DeploymentService } from '../../../src/deployment/deployment.service.js';
import { ExportRepository } from '../../../src/export/export.repository.js';
import { ExportStore } from '../../../src/export/export-store.js';
import { ExportsService } from '../../../src/export/exports.service.js';
import { ReconcilerService } from '../../../src/pipeline/reconciler.service.js';
import { systemClock } from '../../../src/platform/clock.js';
import { hostIdentity, processIdentity } from '../../../src/platform/process-identity.js';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { ModelVersionRepository } from '../../../src/registry/model-version.repository.js';
import { TrainingQueueRepository } from '../../../src/training/training-queue.repository.js';
import { TrainingRunRepository } from '../../../src/training/training-run.repository.js';
import { TrainingRunsService } from '../../../src/training/training-runs.service.js';
import type { RunOrigin } from '../../../src/training/training-run.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const actor = { name: 'test', reason: null };
const ended = Number(
  execFileSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }),
);
const DEAD = `${hostIdentity()}:${ended}`;

describe('the reconciler', () => {
  const root = temporaryDirectory('reconciler');
  let database: MigratedDatabase;
  let runs: TrainingRunRepository;
  let versions: ModelVersionRepository;
  let registry: ModelRegistryService;
  let reconciler: ReconcilerService;
  let directory = '';
  let count = 0;

  beforeAll(async () => {
    database = await createMigratedDatabase('reconciler');
    runs = new TrainingRunRepository(database.dataSource);
    versions = new ModelVersionRepository(database.dataSource);
  });
  afterAll(() => database.drop());

  beforeEach(async () => {
    for (const table of ['training_events', 'training_runs', 'model_aliases', 'model_versions']) {
      await database.dataSource.query(`DELETE FROM ${table}`);
    }
    directory = join(root, `models-${++count}`);
    mkdirSync(directory);
    registry = new ModelRegistryService(versions, new ArtifactStore(directory));
    // Deployment targets have tests of their own.
    const deployments = { settle: () => Promise.resolve([]) } as unknown as DeploymentService;
    const exports = new ExportsService(
      new ExportRepository(database.dataSource),
      new ExportStore(join(root, 'exports')),
    );
    reconciler = new ReconcilerService(
      new TrainingRunsService(runs, new TrainingQueueRepository(database.dataSource)),
      registry,
      deployments,
      exports,
      systemClock,
    );
  });

  async function run(origin: RunOrigin, worker: string, leaseSeconds = 60): Promise<string> {
    const trainingId = randomUUID();
    await runs.create({
      trainingId,
      modelName: 'wifi',
      step: 'Waiting',
      request: {},
      config: {},
      configHash: 'h',
      origin,
      idempotencyKey: null,
    });
    await runs.start(trainingId, worker, leaseSeconds);
    return trainingId;
  }
  const statusOf = async (id: string) => (await runs.find(id))?.status;

  /** A directory as a crash between rename and row leaves it. */
  async function orphan(trainingId: string): Promise<string> {
    const model = buildTrainedModel({ trainingId });
    const { version } = (await registry.register(model, '%Y%m%d', Date.UTC(2024, 0, 1), actor)).model;
    await database.dataSource.query('DELETE FROM model_versions WHERE version = $1', [version]);
    writeFileSync(join(directory, version, '.owner.json'), '{}');
    return version;
  }

  it('has nothing to say about a sound state', async () => {
    await run('cli', processIdentity());
    await registry.register(buildTrainedModel(), '%Y%m%d', Date.UTC(2024, 0, 1), actor);
    expect(await reconciler.settle()).toEqual({ settled: [], problems: [] });
  });

  it('fails a command-line run whose process is gone, and only that', async () => {
    const dead = await run('cli', DEAD);
    const alive = await run('cli', processIdentity());
    const elsewhere = await run('cli', 'another-host:1');
    const silent = await run('cli', 'another-host:2', -1);
    const { settled } = await reconciler.settle();
    expect(await statusOf(dead)).toBe('failed');
    expect((await runs.find(dead))?.error).toMatchObject({ code: 'interrupted' });
    expect(await statusOf(alive)).toBe('running');
    expect(await statusOf(elsewhere)).toBe('running');
    expect(await statusOf(silent)).toBe('failed');
    expect(settled.length).toBe(2);
  });

  it('lets another worker take a queue run of a dead process at once', async () => {
    const trainingId = await run('api', DEAD);
    expect(await runs.start(trainingId, 'another-host:1', 60)).toBeNull();
    await reconciler.settle();
    expect(await statusOf(trainingId)).toBe('running');
    expect(await runs.start(trainingId, 'another-host:1', 60)).not.toBeNull();
  });

  it('removes the orphan of a run that crashed', async () => {
    const trainingId = await run('cli', DEAD);
    const version = await orphan(trainingId);
    const { settled, problems } = await reconciler.settle();
    expect(existsSync(join(directory, version))).toBe(false);
    expect(problems).toEqual([]);
    expect(settled.join('\n')).toContain(`Removed the files of ${version}`);
    expect(await reconciler.settle()).toEqual({ settled: [], problems: [] });
  });

  it('keeps the orphan of a run that is still at work', async () => {
    const version = await orphan(await run('cli', processIdentity()));
    expect(await reconciler.settle()).toEqual({ settled: [], problems: [] });
    expect(existsSync(join(directory, version))).toBe(true);
  });

  it('keeps and reports the orphan of a run it never knew, and what is no version of ours', async () => {
    const version = await orphan(randomUUID());
    mkdirSync(join(directory, 'predecessor'));
    writeFileSync(join(directory, 'predecessor', 'metadata.json'), '{"model_info":{"training_id":"t1"}}');
    const { problems } = await reconciler.settle();
    expect(problems.length).toBe(2);
    expect(problems.join('\n')).toContain(version);
    expect(problems.join('\n')).toContain('predecessor');
    expect(readdirSync(directory).sort()).toEqual([version, 'predecessor'].sort());
  });

  it('keeps what was registered once, whatever a database says that was put back (F27)', async () => {
    const running = await run('cli', DEAD);
    const model = buildTrainedModel({ trainingId: running });
    const { version } = (await registry.register(model, '%Y%m%d', Date.UTC(2024, 0, 1), actor)).model;
    // The backup was made while the run was under way: yesterday's database knows the run, and no version of it.
    await database.dataSource.query('DELETE FROM model_versions WHERE version = $1', [version]);
    for (let i = 0; i < 2; i++) {
      const { problems } = await reconciler.settle();
      expect(problems).toEqual([expect.stringContaining(`The directory ${version}`)]);
    }
    expect(await statusOf(running)).toBe('failed');
    expect(existsSync(join(directory, version, 'model.joblib'))).toBe(true);
  });

  it('takes the note away that a crash left in the directory of a registered version', async () => {
    const { model } = await registry.register(buildTrainedModel(), '%Y%m%d', Date.UTC(2024, 0, 1), actor);
    const note = join(directory, model.version, '.owner.json');
    expect(existsSync(note)).toBe(false);
    writeFileSync(note, '{}');
    expect(await reconciler.settle()).toEqual({ settled: [], problems: [] });
    expect(existsSync(note)).toBe(false);
  });

  it('spares a version that is registered while it looks', async () => {
    const trainingId = await run('cli', processIdentity());
    const real = runs.find.bind(runs);
    const version = await orphan(trainingId);
    // The run's process registers its version and ends, after the table was read and before the run is judged.
    runs.find = async (id) => {
      runs.find = real;
      await database.dataSource.query(
        `INSERT INTO model_versions (version, model_name, status, storage_key, model_type, feature_set, artifacts, training_samples)
         VALUES ($1, 'wifi', 'available', $1, 'IsolationForest', 'system', '{}', 1)`,
        [version],
      );
      await runs.abandon(id, processIdentity(), { code: 'x', message: 'x', hint: null });
      return real(id);
    };
    expect(await reconciler.settle()).toEqual({ settled: [], problems: [] });
    expect(existsSync(join(directory, version))).toBe(true);
  });

  it('removes what a dead process was writing and keeps what a living one writes', async () => {
    const staged = await registry.store.stage('living', () => Promise.resolve(false));
    mkdirSync(join(directory, '.tmp-dead'));
    const owner = JSON.stringify({ host: hostIdentity(), pid: ended });
    writeFileSync(join(directory, '.tmp-dead', '.owner.json'), owner);
    const { settled } = await reconciler.settle();
    expect(settled).toEqual(['Removed the unfinished directory .tmp-dead.']);
    expect(readdirSync(directory)).toEqual(['.tmp-living']);
    staged.discard();
  });

  it('marks a row without files corrupt and says so once', async () => {
    const { model } = await registry.register(buildTrainedModel(), '%Y%m%d', Date.UTC(2024, 0, 1), actor);
    registry.store.remove(model.version);
    expect((await reconciler.settle()).problems.join('\n')).toContain(model.version);
    expect((await registry.get(model.version)).status).toBe('corrupt');
    expect((await reconciler.settle()).problems).toEqual([]);
  });

  it('run twice at once settles everything once', async () => {
    const trainingId = await run('cli', DEAD);
    const version = await orphan(trainingId);
    await Promise.all([reconciler.settle(), reconciler.settle()]);
    expect(await statusOf(trainingId)).toBe('failed');
    const ends = (await runs.eventsAfter(trainingId, 0, 10)).filter(({ type }) => type === 'failed');
    expect(ends.length).toBe(1);
    expect(existsSync(join(directory, version))).toBe(false);
  });
});
