import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_SCHEMA } from '../../../src/database-schema.js';
import { createDataSource } from '../../../src/platform/database/data-source.js';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { DiskVersionStorage } from '../../../src/registry/disk-version-storage.js';
import { ModelDeletionRepository } from '../../../src/registry/model-deletion.repository.js';
import { ModelDeletionService } from '../../../src/registry/model-deletion.service.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { ModelVersionRepository } from '../../../src/registry/model-version.repository.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const actor = { name: 'test', reason: null };
const nothing = () => Promise.resolve();

/** The service as one process has it. */
interface Replica {
  readonly registry: ModelRegistryService;
  readonly deletions: ModelDeletionService;
}

describe('deleting versions', () => {
  const directory = temporaryDirectory('deletion');
  let database: MigratedDatabase;
  let other: DataSource;
  let here: Replica;
  let there: Replica;
  let day = 0;

  const replica = (dataSource: DataSource): Replica => {
    const store = new ArtifactStore(directory);
    return {
      registry: new ModelRegistryService(new ModelVersionRepository(dataSource), store),
      deletions: new ModelDeletionService(
        new ModelDeletionRepository(dataSource),
        new ModelVersionRepository(dataSource),
        new DiskVersionStorage(store),
      ),
    };
  };

  beforeAll(async () => {
    database = await createMigratedDatabase('deletion');
    other = await createDataSource(database.url, DATABASE_SCHEMA).initialize();
    here = replica(database.dataSource);
    there = replica(other);
  });
  afterAll(async () => {
    await other.destroy();
    await database.drop();
  });

  async function register(modelName: string): Promise<string> {
    const trained = buildTrainedModel({ modelName });
    const at = Date.UTC(2024, 0, ++day);
    return (await here.registry.register(trained, '%Y%m%d_%H%M%S', at, actor)).model.version;
  }
  const promote = ({ registry }: Replica, version: string): Promise<unknown> =>
    registry.promote(version, { action: 'deploy', actor, switchOver: nothing });
  const actionsOf = async (version: string): Promise<string[]> => {
    const rows: { action: string }[] = await database.dataSource.query(
      `SELECT action FROM audit_log WHERE entity_id = $1 ORDER BY sequence`,
      [version],
    );
    return rows.map(({ action }) => action);
  };

  it('hides a version at once, gives it back, and purges it after the grace time', async () => {
    const version = await register('steps');
    await here.deletions.delete(version, actor);
    expect(await rejection(() => here.registry.get(version))).toMatchObject({ code: 'not_found' });
    expect(await here.registry.list({ limit: 10, modelName: 'steps' })).toEqual([]);
    expect(here.registry.store.has(version)).toBe(false);
    expect(await here.deletions.purge(3600, actor)).toEqual([]);

    await here.deletions.undelete(version, actor);
    expect((await here.registry.verify(version)).passed).toBe(true);

    await here.deletions.delete(version, actor);
    expect(await here.deletions.purge(0, actor)).toEqual([version]);
    expect(readdirSync(directory).filter((name) => name.includes(version))).toEqual([]);
    expect(await rejection(() => here.deletions.undelete(version, actor))).toMatchObject({
      code: 'not_found',
    });
    expect(await actionsOf(version)).toEqual(['register', 'delete', 'undelete', 'delete', 'purge']);
  });

  it('refuses the deployed version and one with an alias', async () => {
    const champion = await register('guarded');
    const named = await register('guarded');
    await promote(here, champion);
    await database.dataSource.query(
      `INSERT INTO model_aliases (model_name, alias, version) VALUES ('guarded', 'shadow', $1)`,
      [named],
    );
    for (const version of [champion, named]) {
      const error = await rejection(() => here.deletions.delete(version, actor));
      expect(error).toMatchObject({ code: 'conflict' });
      expect(here.registry.store.has(version)).toBe(true);
    }
    // Whoever tries it past the service is refused by the table.
    const past = database.dataSource.query(
      `UPDATE model_versions SET deleted_at = now() WHERE version = $1`,
      [champion],
    );
    await expect(past).rejects.toThrow(/model_versions_deleted_check/);
  });

  it('takes the name of a deleted version until it is purged', async () => {
    const version = await register('names');
    await here.deletions.delete(version, actor);
    day--;
    expect(await register('names')).toBe(`${version}_2`);
  });

  it('is completed or taken back by the reconciler after a crash', async () => {
    const [marked, hidden] = [await register('crash'), await register('crash')];
    await new ModelDeletionRepository(database.dataSource).mark(marked, actor);
    renameSync(join(directory, hidden), join(directory, `.tmp-deleted-${hidden}`));
    const { settled, problems } = await here.registry.reconcile(Date.now() + 10 ** 9);
    expect(settled).toEqual([
      expect.stringContaining(`files of ${hidden} were hidden`),
      expect.stringContaining(`deletion of ${marked} was interrupted`),
    ]);
    expect(problems).toEqual([]);
    expect(here.registry.store.has(hidden)).toBe(true);
    expect(existsSync(join(directory, `.tmp-deleted-${marked}`))).toBe(true);
    expect((await here.registry.reconcile(Date.now())).settled).toEqual([]);
  });

  // F15: whatever meets, in whichever order: the champion has its row and its files, and each change one event.
  const acts = {
    promote: (by: Replica, version: string) => promote(by, version),
    delete: (by: Replica, version: string) => by.deletions.delete(version, actor),
    rollback: async (by: Replica, version: string) => {
      await by.registry.assertDeployable(version);
      return by.registry.promote(version, { action: 'rollback', actor, switchOver: nothing });
    },
    purge: async (by: Replica, version: string) => {
      await by.deletions.delete(version, actor);
      return by.deletions.purge(0, actor);
    },
  } as const;
  const names = Object.keys(acts) as (keyof typeof acts)[];
  const pairs = names.flatMap((first) => names.map((second) => [first, second] as const));

  it.each(pairs)('%s races %s on one version: the champion is never deleted', async (first, second) => {
    const model = `race-${first}-${second}`;
    const champion = await register(model);
    const target = await register(model);
    await promote(here, champion);
    const results = await Promise.allSettled([acts[first](here, target), acts[second](there, target)]);
    for (const result of results) {
      if (result.status === 'rejected')
        expect(['conflict', 'not_found']).toContain((result.reason as { code: string }).code);
    }
    const rows: { version: string; deleted: boolean }[] = await database.dataSource.query(
      `SELECT version, deleted_at IS NOT NULL AS deleted FROM model_versions WHERE model_name = $1 AND status = 'deployed'`,
      [model],
    );
    expect(rows).toEqual([{ version: rows[0].version, deleted: false }]);
    expect((await here.registry.verify(rows[0].version)).passed).toBe(true);
    const actions = await actionsOf(target);
    const done = results.filter(({ status }) => status === 'fulfilled').length;
    const purges = actions.filter((action) => action === 'purge').length;
    expect(actions.length - 1 - purges).toBeLessThanOrEqual(2);
    expect(actions.length).toBeGreaterThanOrEqual(1 + done);
  });
});
