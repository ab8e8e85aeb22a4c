import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { ModelLoaderService } from '../../../src/registry/model-loader.service.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { ModelVersionRepository } from '../../../src/registry/model-version.repository.js';
import { VERSION_FILES } from '../../../src/registry/core/version-files.js';
import { attributes, type PythonFloat, unpickle } from '../../support/mini-unpickler.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { silentLogger } from '../../support/loggers.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const actor = { name: 'test', reason: 'because' };
const FORMAT = '%Y%m%d_%H%M%S';
const NOON = Date.UTC(2024, 0, 1, 12);

/** The set `system` has no feature state. */
/** Of a forest on features without a state. */
const STATELESS_FILES = Object.values(VERSION_FILES).filter(
  (name) => name !== VERSION_FILES.featureState && name !== VERSION_FILES.detector,
);

describe('the registry', () => {
  const root = temporaryDirectory('registry');
  let database: MigratedDatabase;
  let versions: ModelVersionRepository;
  let count = 0;

  beforeAll(async () => {
    database = await createMigratedDatabase('registry');
    versions = new ModelVersionRepository(database.dataSource);
  });
  afterAll(() => database.drop());

  /** A registry on a models directory of its own and an empty table. */
  async function freshRegistry(): Promise<{ registry: ModelRegistryService; directory: string }> {
    await database.dataSource.query('DELETE FROM model_aliases');
    await database.dataSource.query('DELETE FROM model_versions');
    const directory = join(root, `models-${++count}`);
    return { registry: new ModelRegistryService(versions, new ArtifactStore(directory)), directory };
  }

  const register = (registry: ModelRegistryService, change: Parameters<typeof buildTrainedModel>[0] = {}) =>
    registry.register(buildTrainedModel(change), FORMAT, NOON, actor);

  it('writes every file of a version, a row and an audit entry', async () => {
    const { registry, directory } = await freshRegistry();
    const { model, modelSha256 } = await register(registry);
    expect(model).toMatchObject({
      version: '20240101_120000',
      status: 'available',
      storageKey: '20240101_120000',
      trainingSamples: 200,
      deployedAt: null,
    });
    expect(readdirSync(join(directory, model.version)).sort()).toEqual(STATELESS_FILES.sort());
    expect(Object.keys(model.artifacts).sort()).toEqual(STATELESS_FILES.sort());
    expect(model.artifacts['model.joblib']).toBe(modelSha256);
    expect((await registry.verify(model.version)).passed).toBe(true);
    const audit: unknown[] = await database.dataSource.query(
      `SELECT actor, action, reason FROM audit_log WHERE entity_id = $1 ORDER BY sequence DESC LIMIT 1`,
      [model.version],
    );
    expect(audit).toEqual([{ actor: 'test', action: 'register', reason: 'because' }]);
  });

  it('writes metadata without a zone, whose hash is that of the pickle', async () => {
    const { registry } = await freshRegistry();
    const { model, modelSha256 } = await register(registry);
    const metadata = registry.store.readJson(model.version, VERSION_FILES.metadata) as {
      model_info: Record<string, unknown>;
      training_info: Record<string, unknown>;
    };
    expect(metadata.model_info).toMatchObject({
      created_at: '2024-01-01T12:00:00.000',
      model_hash: modelSha256,
    });
    const manifest = registry.store.readJson(model.version, VERSION_FILES.manifest) as {
      file_hashes: Record<string, string>;
      inference_config: { threshold: number };
    };
    const { 'deployment_manifest.json': own, ...others } = model.artifacts;
    expect(own).toMatch(/^[0-9a-f]{64}$/);
    expect(manifest.file_hashes).toEqual(others);
    expect(manifest.inference_config.threshold).toBe(-Number(metadata.training_info.offset));
  });

  it('ships a pickle whose offset_ and golden answers are those of the scorer', async () => {
    const { registry } = await freshRegistry();
    const trained = buildTrainedModel();
    const { model } = await registry.register(trained, FORMAT, NOON, actor);
    const pickle = attributes(unpickle(registry.store.read(model.version, VERSION_FILES.model)).value);
    expect((pickle.get('offset_') as PythonFloat).value).toBe(trained.offset);
    const golden = registry.store.readJson(model.version, VERSION_FILES.golden) as {
      X: number[][];
      score_samples: number[];
      labels: number[];
    };
    expect(golden.X.length).toBe(128);
    const scores = (await registry.load(model.version)).scoreForest(Float64Array.from(golden.X.flat()), 128);
    expect(Array.from(scores)).toEqual(golden.score_samples);
    expect(golden.labels).toEqual(golden.score_samples.map((score) => (score < trained.offset ? -1 : 1)));
    expect(new Set(golden.labels)).toEqual(new Set([1, -1]));
  });

  it('registers a model that failed its gate as rejected and never deploys it', async () => {
    const { registry } = await freshRegistry();
    const { model } = await register(registry, { gatePassed: false });
    expect(model.status).toBe('rejected');
    expect(await rejection(() => registry.assertDeployable(model.version))).toMatchObject({
      code: 'gate_rejected',
    });
  });

  it('gives eight registrations of one second eight versions', async () => {
    const { registry, directory } = await freshRegistry();
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) => register(registry, { seed: i + 1 })));
    expect(new Set(all.map(({ model }) => model.version)).size).toBe(8);
    expect(readdirSync(directory).length).toBe(8);
    for (const { model } of all) expect((await registry.verify(model.version)).passed).toBe(true);
  });

  it('leaves neither files nor a row when the row is refused', async () => {
    const { registry, directory } = await freshRegistry();
    await rejection(() => register(registry, { trainingId: 'not a uuid' }));
    expect(readdirSync(directory)).toEqual([]);
    expect(await versions.all()).toEqual([]);
  });

  it('leaves neither files nor a row when a file cannot be written', async () => {
    const { registry, directory } = await freshRegistry();
    // A configuration that JSON cannot hold fails in the middle of writing, at metadata.json.
    const config = { ...buildTrainedModel().config, loop: undefined as unknown };
    config.loop = config;
    await rejection(() => register(registry, { config }));
    expect(readdirSync(directory)).toEqual([]);
    expect(await versions.all()).toEqual([]);
  });

  it('marks a changed version corrupt when it is loaded, and keeps refusing it', async () => {
    const { registry, directory } = await freshRegistry();
    const { model } = await register(registry);
    const loader = new ModelLoaderService(registry, silentLogger());
    const path = join(directory, model.version, 'forest.bin');
    const bytes = readFileSync(path);
    bytes[bytes.length - 20] ^= 1;
    writeFileSync(path, bytes);
    expect(await rejection(() => loader.loadVersion(model.version))).toMatchObject({
      code: 'artifact_integrity',
    });
    expect((await registry.get(model.version)).status).toBe('corrupt');
    expect(await rejection(() => loader.loadVersion(model.version))).toMatchObject({
      code: 'artifact_integrity',
    });
    expect(await rejection(() => registry.assertDeployable(model.version))).toMatchObject({
      code: 'artifact_integrity',
    });
  });

  it('notices two versions with exchanged files', async () => {
    const { registry, directory } = await freshRegistry();
    const a = (await register(registry, { seed: 1 })).model.version;
    const b = (await register(registry, { seed: 2 })).model.version;
    cpSync(join(directory, b, 'model.joblib'), join(directory, a, 'model.joblib'));
    const result = await registry.verify(a);
    expect(result.passed).toBe(false);
    expect(result.checks.find(({ name }) => name === 'hashes')?.message).toContain('model.joblib');
    expect((await registry.verify(b)).passed).toBe(true);
  });

  it('lists page after page every version once, also those of one millisecond', async () => {
    const { registry } = await freshRegistry();
    for (let i = 0; i < 7; i++) await register(registry, { seed: i + 1 });
    // now() has microseconds; a cursor in milliseconds must not lose rows in between.
    await database.dataSource.query(
      `UPDATE model_versions SET created_at = timestamptz '2024-01-01 12:00:00.123Z' + (random() * 900) * interval '1 microsecond'`,
    );
    const seen: string[] = [];
    let after: { createdAt: string; version: string } | undefined;
    for (;;) {
      const page = await registry.list({ limit: 2, after });
      seen.push(...page.map(({ version }) => version));
      const last = page.at(-1);
      if (last === undefined) break;
      after = { createdAt: last.createdAt, version: last.version };
    }
    expect(seen.length).toBe(7);
    expect(new Set(seen).size).toBe(7);
  });

  describe('reconcile', () => {
    it('finds nothing to do in a sound store', async () => {
      const { registry } = await freshRegistry();
      await register(registry);
      expect(await registry.reconcile(Date.now())).toEqual({ settled: [], problems: [], orphans: [] });
    });

    it('marks a version corrupt whose directory is gone', async () => {
      const { registry } = await freshRegistry();
      const { model } = await register(registry);
      await register(registry);
      registry.store.remove(model.version);
      const { problems } = await registry.reconcile(Date.now());
      expect(problems).toEqual([expect.stringContaining(model.version)]);
      expect((await registry.get(model.version)).status).toBe('corrupt');
      expect((await registry.reconcile(Date.now())).problems).toEqual([]);
    });

    it('does not condemn every version when the models directory itself is missing', async () => {
      const { registry, directory } = await freshRegistry();
      const { model } = await register(registry);
      rmSync(directory, { recursive: true });
      const { problems } = await registry.reconcile(Date.now());
      expect(problems).toEqual([expect.stringContaining(directory)]);
      expect((await registry.get(model.version)).status).toBe('available');
    });

    it('lists directories without a row, with the run that wrote them', async () => {
      const { registry, directory } = await freshRegistry();
      const trainingId = randomUUID();
      const { model } = await register(registry, { trainingId });
      // The note that a crash before the row leaves.
      writeFileSync(join(directory, model.version, '.owner.json'), '{}');
      await database.dataSource.query('DELETE FROM model_versions');
      mkdirSync(join(directory, 'foreign'));
      mkdirSync(join(directory, 'predecessor'));
      writeFileSync(
        join(directory, 'predecessor', 'metadata.json'),
        JSON.stringify({ model_info: { training_id: 'train_20240101' } }),
      );
      const { orphans } = await registry.reconcile(Date.now());
      expect(orphans).toMatchObject([
        { version: model.version, trainingId, otherwise: 'report' },
        { version: 'foreign', trainingId: null, otherwise: 'report' },
        { version: 'predecessor', trainingId: null, otherwise: 'report' },
      ]);
    });

    it('does not remove an orphan that has got its row meanwhile', async () => {
      const { registry, directory } = await freshRegistry();
      const { model } = await register(registry);
      const orphan = {
        version: model.version,
        storageKey: null,
        label: 'It',
        trainingId: null,
        otherwise: 'remove',
      } as const;
      expect(await registry.removeOrphan(orphan)).toBe(false);
      expect(existsSync(join(directory, model.version))).toBe(true);
      await database.dataSource.query('DELETE FROM model_versions');
      expect(await registry.removeOrphan(orphan)).toBe(true);
      expect(readdirSync(directory)).toEqual([]);
    });
  });
});
