import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../migrations/index.js';
import { DATABASE_SCHEMA } from '../../../src/database-schema.js';
import { BackupReader } from '../../../src/platform/backup/read-backup.js';
import { restoreBackup } from '../../../src/platform/backup/restore-backup.js';
import { versionFilesOn } from '../../../src/platform/backup/version-files.js';
import { writeBackup } from '../../../src/platform/backup/write-backup.js';
import { createDataSource } from '../../../src/platform/database/data-source.js';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { ModelVersionRepository } from '../../../src/registry/model-version.repository.js';
import { createMigratedDatabase, createTestDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const actor = { name: 'test', reason: 'line\u2028separator, "quotes" and a \\backslash' };

describe('a backup', () => {
  const root = temporaryDirectory('backup');
  const modelsDir = join(root, 'models');
  const exportsDir = join(root, 'exports');
  const file = join(root, 'backup.zip');
  let database: MigratedDatabase;
  let versions: string[];
  let count = 0;

  beforeAll(async () => {
    database = await createMigratedDatabase('backup');
    mkdirSync(join(exportsDir, 'june'), { recursive: true });
    writeFileSync(join(exportsDir, 'june', 'day1.json'), '{"logs":[]}');
    const registry = registryOn(database, modelsDir);
    versions = [];
    for (const day of [1, 2]) {
      const at = Date.UTC(2024, 0, day);
      versions.push((await registry.register(buildTrainedModel(), '%Y%m%d_%H%M%S', at, actor)).model.version);
    }
    const switchOver = () => Promise.resolve();
    for (const version of versions) await registry.promote(version, { action: 'deploy', actor, switchOver });
    const versionFiles = versionFilesOn(modelsDir);
    const options = { url: database.url, versionFiles, exportsDir, compression: true };
    await writeBackup({ ...options, output: file, createdAt: '2024-01-03T00:00:00.000Z' });
  });
  afterAll(() => database.drop());

  const registryOn = ({ dataSource }: MigratedDatabase, directory: string): ModelRegistryService =>
    new ModelRegistryService(new ModelVersionRepository(dataSource), new ArtifactStore(directory));
  const rowsOf = async ({ dataSource }: MigratedDatabase): Promise<Record<string, unknown>> => {
    const tables: { name: string }[] = await dataSource.query(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
    );
    const rows: [string, unknown][] = [];
    for (const { name } of tables.filter((table) => table.name !== 'schema_migrations')) {
      rows.push([name, await dataSource.query(`SELECT t::text FROM "${name}" t ORDER BY 1`)]);
    }
    return Object.fromEntries(rows);
  };
  /** Restores into a database and directories of their own. */
  async function restored(path: string, change: Partial<{ models: string; replace: boolean }> = {}) {
    const target = await createMigratedDatabase('restore');
    const place = join(root, `restored-${++count}`);
    const models = change.models ?? join(place, 'models');
    const reader = await BackupReader.open(path);
    try {
      await reader.verify();
      const options = { url: target.url, schema: DATABASE_SCHEMA, modelsDir: models };
      const replace = change.replace === true;
      await restoreBackup(reader, { ...options, exportsDir: join(place, 'exports'), replace });
    } catch (error) {
      await target.drop();
      throw error;
    } finally {
      reader.close();
    }
    return { target, place, models };
  }

  it('gives every row and every byte back, and the audit log goes on', async () => {
    const { target, place, models } = await restored(file);
    try {
      expect(await rowsOf(target)).toEqual(await rowsOf(database));
      const registry = registryOn(target, models);
      for (const version of versions) expect((await registry.verify(version)).passed).toBe(true);
      expect((await registry.deployed('wifi'))?.version).toBe(versions[1]);
      expect(readFileSync(join(place, 'exports/june/day1.json'), 'utf8')).toBe('{"logs":[]}');
      const before: { last: string }[] = await target.dataSource.query(
        'SELECT max(sequence) AS last FROM audit_log',
      );
      await registry.annotate(versions[0], () => ({ notes: 'after', tags: {} }), actor);
      const after: { last: string }[] = await target.dataSource.query(
        'SELECT max(sequence) AS last FROM audit_log',
      );
      expect(Number(after[0].last)).toBe(Number(before[0].last) + 1);
      const forged = target.dataSource.query('DELETE FROM audit_log');
      await expect(forged).rejects.toThrow(/append-only/);
      expect(readdirSync(models).filter((name) => name.startsWith('.'))).toEqual([]);
    } finally {
      await target.drop();
    }
  });

  it('is readable by its owner only, and never half there', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const versionFiles = versionFilesOn(modelsDir);
    const options = { url: database.url, versionFiles, exportsDir: null, compression: false, createdAt: '' };
    expect(await rejection(() => writeBackup({ ...options, output: file }))).toMatchObject({ code: 'usage' });
    const broken = join(root, 'broken');
    cpSync(modelsDir, broken, { recursive: true });
    writeFileSync(join(broken, versions[0], 'forest.bin'), 'changed');
    const output = join(root, 'of-broken.zip');
    const error = await rejection(() =>
      writeBackup({ ...options, versionFiles: versionFilesOn(broken), output }),
    );
    expect(error).toMatchObject({ code: 'artifact_integrity' });
    expect(readdirSync(root).filter((name) => name.includes('of-broken'))).toEqual([]);
  });

  it('that was damaged anywhere is refused before anything changes', async () => {
    const bytes = readFileSync(file);
    for (let i = 1; i <= 12; i++) {
      const damaged = Buffer.from(bytes);
      const at = Math.floor((damaged.length * i) / 13);
      damaged[at] ^= 0x55;
      const path = join(root, 'damaged.zip');
      writeFileSync(path, damaged);
      const read = async (): Promise<void> => {
        const reader = await BackupReader.open(path);
        try {
          await reader.verify();
        } finally {
          reader.close();
        }
      };
      expect(await rejection(read), `byte ${at}`).toMatchObject({ code: 'artifact_integrity' });
    }
    writeFileSync(join(root, 'cut.zip'), bytes.subarray(0, bytes.length - 100));
    const cut = await rejection(() => BackupReader.open(join(root, 'cut.zip')));
    expect(cut).toMatchObject({ code: 'artifact_integrity' });
    expect(await rejection(() => BackupReader.open(join(root, 'none.zip')))).toMatchObject({
      code: 'file_not_found',
    });
  });

  it('of an older version is brought up to date, of a newer one refused', async () => {
    const older = await createTestDatabase('backup older');
    const schema = { entities: [], migrations: MIGRATIONS.slice(0, 7) };
    const dataSource = await createDataSource(older.url, schema).initialize();
    const { runMigrations } = await import('../../../src/platform/database/migrator.js');
    const path = join(root, 'older.zip');
    try {
      await runMigrations(dataSource);
      await dataSource.query(
        `INSERT INTO audit_log (actor, action, entity, entity_id) VALUES ('old', 'did', 'a', 'b')`,
      );
      const options = { versionFiles: null, exportsDir: null, compression: true, createdAt: '' };
      await writeBackup({ ...options, url: older.url, output: path });
    } finally {
      await dataSource.destroy();
      await older.drop();
    }
    const { target } = await restored(path);
    try {
      const rows: unknown[] = await target.dataSource.query('SELECT sequence, actor FROM audit_log');
      expect(rows).toEqual([{ sequence: '1', actor: 'old' }]);
      const reader = await BackupReader.open(file);
      const modern = { url: target.url, modelsDir, exportsDir, replace: true };
      const error = await rejection(() =>
        restoreBackup(reader, { ...modern, schema: { entities: [], migrations: MIGRATIONS.slice(0, 7) } }),
      );
      reader.close();
      expect(error).toMatchObject({ code: 'conflict' });
    } finally {
      await target.drop();
    }
  });

  it('needs an empty database unless it may replace, and equal files where there are some', async () => {
    const { target, models } = await restored(file);
    const reader = await BackupReader.open(file);
    const options = { url: target.url, schema: DATABASE_SCHEMA, modelsDir: models, exportsDir };
    try {
      const refused = await rejection(() => restoreBackup(reader, { ...options, replace: false }));
      expect(refused).toMatchObject({ code: 'conflict' });
      await restoreBackup(reader, { ...options, replace: true });
      expect(await rowsOf(target)).toEqual(await rowsOf(database));
      writeFileSync(join(models, versions[0], 'forest.bin'), 'changed');
      const other = await rejection(() => restoreBackup(reader, { ...options, replace: true }));
      expect(other).toMatchObject({ code: 'conflict' });
      expect((await registryOn(target, models).deployed('wifi'))?.version).toBe(versions[1]);
    } finally {
      reader.close();
      await target.drop();
    }
  });

  it('of a database without tables is refused', async () => {
    const empty = await createTestDatabase('backup empty');
    const options = { versionFiles: null, exportsDir: null, compression: true, createdAt: '' };
    const output = join(root, 'empty.zip');
    try {
      const error = await rejection(() => writeBackup({ ...options, url: empty.url, output }));
      expect(error).toMatchObject({ code: 'conflict' });
      expect(existsSync(output)).toBe(false);
    } finally {
      await empty.drop();
    }
  });

  it('of the tables only is not restored over missing files', async () => {
    const path = join(root, 'tables.zip');
    const options = {
      url: database.url,
      versionFiles: null,
      exportsDir: null,
      compression: true,
      createdAt: '',
    };
    await writeBackup({ ...options, output: path });
    expect(await rejection(() => restored(path))).toMatchObject({ code: 'conflict' });
    const models = join(root, 'kept-models');
    cpSync(modelsDir, models, { recursive: true });
    const { target } = await restored(path, { models });
    expect((await registryOn(target, models).verify(versions[0])).passed).toBe(true);
    await target.drop();
    rmSync(models, { recursive: true });
    expect(existsSync(path)).toBe(true);
  });
});
