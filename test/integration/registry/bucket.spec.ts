import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_SCHEMA } from '../../../src/database-schema.js';
import { DeploymentFlowService } from '../../../src/pipeline/deployment-flow.service.js';
import { BackupReader } from '../../../src/platform/backup/read-backup.js';
import { restoreBackup } from '../../../src/platform/backup/restore-backup.js';
import { versionFilesOf } from '../../../src/platform/backup/version-files.js';
import { writeBackup } from '../../../src/platform/backup/write-backup.js';
import { ArtifactsConfig } from '../../../src/platform/config/schema/artifacts.schema.js';
import type { ObjectStore } from '../../../src/platform/object-store/object-store.js';
import { S3ObjectStore } from '../../../src/platform/object-store/s3-object-store.js';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { BucketVersionStorage } from '../../../src/registry/bucket-version-storage.js';
import { ModelDeletionRepository } from '../../../src/registry/model-deletion.repository.js';
import { ModelDeletionService } from '../../../src/registry/model-deletion.service.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { ModelVersionRepository } from '../../../src/registry/model-version.repository.js';
import type { ModelVersion } from '../../../src/registry/model-version.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen } from '../../support/http.js';
import { createTestDatabase } from '../../support/postgres.js';
import { ACCESS_KEY, s3Available, SECRET_KEY, startS3, type TestS3 } from '../../support/s3-server.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const BUCKET = 'models';
const TWO_HOURS_MS = 7_200_000;
const actor = { name: 'test', reason: null };

/** One process: its own directory, the same bucket and database as the others. */
interface Replica {
  readonly registry: ModelRegistryService;
  readonly deletions: ModelDeletionService;
  readonly directory: string;
}

describe.skipIf(!s3Available())('versions in a bucket', () => {
  const root = temporaryDirectory('bucket');
  let s3: TestS3;
  let application: TestApplication;
  let port: number;
  let day = 0;
  let replicas = 0;

  beforeAll(async () => {
    s3 = await startS3([BUCKET, 'other']);
    application = await startApplication('bucket', join(root, 'app'), { env: s3.environment(BUCKET) });
    port = await listen(application);
  });
  afterAll(async () => {
    await application.close();
    await s3.end();
  });

  const settings = (changes: Partial<ArtifactsConfig> = {}): ArtifactsConfig =>
    Object.assign(new ArtifactsConfig(), {
      ...{ kind: 's3', bucket: BUCKET, endpoint: s3.endpoint, force_path_style: true, timeout: 5 },
      ...{ access_key_id: ACCESS_KEY, secret_access_key: SECRET_KEY },
      ...changes,
    });

  function replica(objects: ObjectStore = new S3ObjectStore(settings())): Replica {
    const directory = join(root, `replica-${++replicas}`);
    const local = new ArtifactStore(directory);
    const storage = new BucketVersionStorage(local, objects);
    const { dataSource } = application;
    const versions = new ModelVersionRepository(dataSource);
    return {
      directory,
      registry: new ModelRegistryService(versions, local, storage),
      deletions: new ModelDeletionService(new ModelDeletionRepository(dataSource), versions, storage),
    };
  }

  const register = async ({ registry }: Replica, at = Date.UTC(2024, 0, ++day)): Promise<ModelVersion> =>
    (await registry.register(buildTrainedModel({ modelName: 'wifi' }), '%Y%m%d_%H%M%S', at, actor)).model;
  const api = () => request(`http://127.0.0.1:${port}`);
  const storedKeys = (): string[] =>
    readdirSync(join(s3.directory, BUCKET), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  const rowCount = async (): Promise<number> =>
    (await application.dataSource.query<unknown[]>('SELECT FROM model_versions')).length;
  const listLocal = ({ directory }: Replica): string[] =>
    existsSync(directory) ? readdirSync(directory) : [];

  it('written by one replica are listed, downloaded, scored with and deployed by another', async () => {
    const { version, storageKey, artifacts } = await register(replica());
    expect(storageKey).toMatch(new RegExp(`^${version}/[0-9a-f]{16}$`));
    const listed = await api().get(`/api/v1/models/${version}`);
    expect(listed.body).toMatchObject({ version, status: 'available' });
    expect(existsSync(join(root, 'app', 'models', version))).toBe(false);
    const part = await api()
      .get(`/api/v1/models/${version}/download?format=joblib`)
      .set('range', 'bytes=0-9');
    expect(part.status).toBe(206);
    const local = readFileSync(join(root, 'app', 'models', version, 'model.joblib'));
    expect(sha256Hex(local)).toBe(artifacts['model.joblib']);
    expect((await api().get(`/api/v1/models/${version}/report`)).status).toBe(200);
    const there = replica();
    expect((await there.registry.load(version)).featureNames.length).toBeGreaterThan(0);
    expect(await there.registry.verify(version)).toMatchObject({ passed: true });
    const flow = application.app.get(DeploymentFlowService, { strict: false });
    expect(await flow.deploy({ version, target: 'default', actor })).toMatchObject({ version });
    expect(await there.registry.deployed('wifi')).toMatchObject({ version });
  });

  it('registered in the same second by two replicas get two names and keep their own files', async () => {
    const at = Date.UTC(2024, 5, 1);
    const made = await Promise.all([register(replica(), at), register(replica(), at)]);
    expect(made.map(({ version }) => version).sort()).toEqual(['20240601_000000', '20240601_000000_2']);
    const third = replica();
    for (const { version } of made)
      expect(await third.registry.verify(version)).toMatchObject({ passed: true });
  });

  it('damaged in the bucket are refused, marked, and never placed', async () => {
    const model = await register(replica());
    const objects = new S3ObjectStore(settings());
    const key = `${model.storageKey}/forest.bin`;
    await objects.put(key, Buffer.concat([(await objects.get(key))!, Buffer.from('x')]));
    const reader = replica();
    expect(await reader.registry.verify(model.version)).toMatchObject({ passed: false });
    const error = await rejection(() => reader.registry.load(model.version));
    expect(error).toMatchObject({ code: 'artifact_integrity' });
    expect(error.message).toContain('forest.bin');
    expect(listLocal(reader)).toEqual([]);
    expect(await reader.registry.get(model.version)).toMatchObject({ status: 'corrupt' });
  });

  it('missing in the bucket are a clear error and condemn no version', async () => {
    const model = await register(replica());
    await new S3ObjectStore(settings()).remove([`${model.storageKey}/golden.json`]);
    const reader = replica();
    const error = await rejection(() => reader.registry.load(model.version));
    expect(error).toMatchObject({ code: 'artifact_integrity' });
    expect(error.message).toContain(`${model.storageKey}/golden.json`);
    expect(await reader.registry.get(model.version)).toMatchObject({ status: 'available' });
    const { problems } = await reader.registry.reconcile(Date.now());
    expect(problems.join('\n')).toContain(`lacks golden.json of model ${model.version}`);
    await application.dataSource.query('DELETE FROM model_versions WHERE version = $1', [model.version]);
  });

  it('damaged on this machine only are fetched again', async () => {
    const here = replica();
    const { version } = await register(here);
    writeFileSync(join(here.directory, version, 'forest.bin'), 'changed');
    expect((await here.registry.load(version)).version).toBe(version);
    rmSync(join(here.directory, version, 'golden.json'));
    expect(await here.registry.verify(version)).toMatchObject({ passed: true });
  });

  it('are put back, or moved into the bucket, from an intact copy on this machine', async () => {
    const here = replica();
    const model = await register(here);
    const objects = new S3ObjectStore(settings());
    await objects.remove((await objects.list(`${model.storageKey}/`)).map(({ key }) => key));
    const { settled, problems } = await here.registry.reconcile(Date.now());
    expect(settled.join('\n')).toContain(`of model ${model.version} into the artifact store`);
    expect(problems).toEqual([]);
    expect(await replica().registry.verify(model.version)).toMatchObject({ passed: true });
  });

  it('deleted go out of sight, come back, and are gone with all their objects when purged', async () => {
    const here = replica();
    const { version } = await register(here);
    const count = storedKeys().filter((key) => key.includes(version)).length;
    await here.deletions.delete(version, actor);
    expect(listLocal(here)).toEqual([]);
    await here.deletions.undelete(version, actor);
    expect(await here.registry.verify(version)).toMatchObject({ passed: true });
    await here.deletions.delete(version, actor);
    expect(storedKeys().filter((key) => key.includes(version))).toHaveLength(count);
    await application.dataSource.query(
      `UPDATE model_versions SET deleted_at = now() - interval '1 hour' WHERE version = $1`,
      [version],
    );
    expect(await replica().deletions.purge(60, actor)).toEqual([version]);
    expect(storedKeys().filter((key) => key.includes(version))).toEqual([]);
  });

  it('whose upload fails are not registered and leave nothing', async () => {
    const real = new S3ObjectStore(settings());
    let puts = 0;
    const failing: ObjectStore = {
      label: real.label,
      put: (key, bytes) => (++puts > 4 ? Promise.reject(new Error('cut off')) : real.put(key, bytes)),
      get: (key) => real.get(key),
      list: (prefix) => real.list(prefix),
      remove: (keys) => real.remove(keys),
      check: (timeoutMs) => real.check(timeoutMs),
    };
    const [rows, keys] = [await rowCount(), storedKeys().length];
    const here = replica(failing);
    expect((await rejection(() => register(here))).message).toBe('cut off');
    expect([await rowCount(), storedKeys().length, listLocal(here)]).toEqual([rows, keys, []]);
  });

  it('whose upload was cut off by a kill are orphans: waited for, then taken away', async () => {
    const here = replica();
    const { version, storageKey } = await register(here);
    const objects = new S3ObjectStore(settings());
    const half = `${version}/0123456789abcdef`;
    await objects.put(`${half}/forest.bin`, Buffer.from('half'));
    const orphanAt = async (nowMs: number) =>
      (await here.registry.reconcile(nowMs)).orphans.find((orphan) => orphan.storageKey === half);
    expect(await orphanAt(Date.now())).toMatchObject({ otherwise: 'wait' });
    const old = await orphanAt(Date.now() + TWO_HOURS_MS);
    expect(old).toMatchObject({ otherwise: 'remove' });
    expect(await here.registry.removeOrphan(old!)).toBe(true);
    expect(await objects.get(`${half}/forest.bin`)).toBeNull();
    // The registered attempt of the same name is untouched, and would not be removed as an orphan.
    expect(await here.registry.removeOrphan({ ...old!, storageKey })).toBe(false);
    expect(await here.registry.verify(version)).toMatchObject({ passed: true });
  });

  it('registered in a database that was put back since are left alone', async () => {
    const here = replica();
    const { version, storageKey } = await register(here);
    await application.dataSource.query('DELETE FROM model_versions WHERE version = $1', [version]);
    const { orphans } = await here.registry.reconcile(Date.now() + TWO_HOURS_MS);
    const orphan = orphans.find((found) => found.storageKey === storageKey);
    expect(orphan).toMatchObject({ trainingId: null, otherwise: 'report' });
  });

  it('are backed up from one bucket and restored into another', async () => {
    const model = await register(replica());
    const output = join(root, 'backup.zip');
    const { databaseUrl } = { databaseUrl: application.config.values.database.url! };
    const versionFiles = versionFilesOf(application.config);
    const options = { url: databaseUrl, versionFiles, exportsDir: null, compression: true, createdAt: '' };
    await writeBackup({ ...options, output });
    const target = await createTestDatabase('bucket restored');
    const reader = await BackupReader.open(output);
    const place = join(root, 'restored');
    mkdirSync(place);
    try {
      const objects = new S3ObjectStore(settings({ bucket: 'other' }));
      await restoreBackup(reader, {
        ...{ url: target.url, schema: DATABASE_SCHEMA, objects, replace: false },
        ...{ modelsDir: join(place, 'models'), exportsDir: join(place, 'exports') },
      });
      const restored = await objects.get(`${model.storageKey}/model.joblib`);
      expect(sha256Hex(restored!)).toBe(model.artifacts['model.joblib']);
    } finally {
      reader.close();
      await target.drop();
    }
  });

  it.each<[string, Partial<ArtifactsConfig>, RegExp]>([
    ['a wrong secret', { secret_access_key: 'wrong-secret' }, /refuses the credentials \(403/],
    ['an unknown key', { access_key_id: 'somebody' }, /refuses the credentials \(403/],
    ['a missing bucket', { bucket: 'nobody' }, /bucket nobody\) does not exist/],
    ['a server that is away', { endpoint: 'http://127.0.0.1:9' }, /cannot be reached/],
  ])('are not registered with %s, and the error says so without the secret', async (_, change, message) => {
    const rows = await rowCount();
    const here = replica(new S3ObjectStore(settings(change)));
    const error = await rejection(() => register(here));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toMatch(message);
    expect(JSON.stringify([error.message, (error as { hint?: string }).hint])).not.toMatch(
      /secret-key|wrong-secret|127\.0\.0\.1/,
    );
    expect([await rowCount(), listLocal(here)]).toEqual([rows, []]);
    const { problems, orphans } = await here.registry.reconcile(Date.now());
    expect(problems.join('\n')).toMatch(message);
    expect(orphans).toEqual([]);
  });

  it('keep serving from the copies while the server is away, and the service says that it is not ready', async () => {
    const known = await register(replica());
    const unknown = await register(replica());
    const path = (version: string): string => `/api/v1/models/${version}/report`;
    expect((await api().get(path(known.version))).status).toBe(200);
    await s3.stop();
    try {
      await sleep(2_100);
      expect((await api().get('/api/v1/health/ready')).status).toBe(503);
      expect((await api().get('/api/v1/health/live')).status).toBe(200);
      expect((await api().get(path(known.version))).status).toBe(200);
      expectProblem(await api().get(path(unknown.version)), 503, 'unavailable');
    } finally {
      await s3.start();
    }
    expect((await api().get(path(unknown.version))).status).toBe(200);
    await sleep(2_100);
    expect((await api().get('/api/v1/health/ready')).status).toBe(200);
    expect(await replica().registry.get(unknown.version)).toMatchObject({ status: 'available' });
  });
});
