import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_SCHEMA } from '../../../src/database-schema.js';
import { createDataSource } from '../../../src/platform/database/data-source.js';
import { ModelVersionRepository } from '../../../src/registry/model-version.repository.js';
import type { Actor } from '../../../src/registry/model-version.js';
import { AppError } from '../../../src/shared/errors.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { rejection } from '../../support/temporary-directory.js';

const nothing = () => Promise.resolve();
const actor = (name: string) => ({ name, reason: null });

function promote(
  repository: ModelVersionRepository,
  version: string,
  expected: string | null,
  by: Actor,
  switchOver: () => Promise<void> = nothing,
): Promise<string | null> {
  return repository.promote(version, { expected, action: 'deploy', actor: by, switchOver });
}

describe('promotion', () => {
  let database: MigratedDatabase;
  let other: DataSource;
  let here: ModelVersionRepository;
  let there: ModelVersionRepository;

  beforeAll(async () => {
    database = await createMigratedDatabase('promotion');
    other = await createDataSource(database.url, DATABASE_SCHEMA).initialize();
    here = new ModelVersionRepository(database.dataSource);
    there = new ModelVersionRepository(other);
  });
  afterAll(async () => {
    await other.destroy();
    await database.drop();
  });

  async function insert(version: string, modelName: string): Promise<string> {
    await here.insert(
      {
        version,
        modelName,
        status: 'available',
        storageKey: version,
        modelType: 'IsolationForest',
        featureSet: 'wifi',
        trainingId: randomUUID(),
        parentVersion: null,
        trainingSamples: 1,
        metrics: {},
        gate: { passed: true, not_enough_data: false, checks: [] },
        lineage: {},
        artifacts: {},
      },
      actor('setup'),
    );
    return version;
  }

  const statusOf = async (version: string) => (await here.find(version))?.status;
  const champions = async (modelName: string) =>
    (await here.list({ limit: 100, modelName, statuses: ['deployed'] })).map(({ version }) => version);
  const deployAudits = async (versions: readonly string[]): Promise<{ from: unknown; version: string }[]> =>
    database.dataSource.query(
      `SELECT from_state->>'champion' AS "from", entity_id AS version FROM audit_log
       WHERE action = 'deploy' AND entity_id = ANY($1) ORDER BY sequence`,
      [versions],
    );

  it('archives the champion, moves the alias and writes one audit row', async () => {
    await insert('a1', 'alpha');
    await insert('a2', 'alpha');
    await promote(here, 'a1', null, actor('me'));
    await promote(here, 'a2', 'a1', actor('me'));
    expect(await statusOf('a1')).toBe('archived');
    const champion = await here.deployed('alpha');
    expect(champion).toMatchObject({ version: 'a2', status: 'deployed', aliases: ['champion'] });
    expect(champion?.deployedAt).not.toBeNull();
    expect(await deployAudits(['a1', 'a2'])).toEqual([
      { from: null, version: 'a1' },
      { from: 'a1', version: 'a2' },
    ]);
  });

  it('refuses a champion other than the expected one, and changes nothing', async () => {
    await insert('b1', 'beta');
    await insert('b2', 'beta');
    await promote(here, 'b1', null, actor('me'));
    let switched = false;
    const error = await rejection(() =>
      promote(here, 'b2', null, actor('me'), () => {
        switched = true;
        return Promise.resolve();
      }),
    );
    expect(error).toMatchObject({ code: 'conflict' });
    expect(switched).toBe(false);
    expect(await champions('beta')).toEqual(['b1']);
    expect(await statusOf('b2')).toBe('available');
  });

  it('changes nothing when the switch on disk fails', async () => {
    await insert('c1', 'gamma');
    await rejection(() =>
      promote(here, 'c1', null, actor('me'), () => Promise.reject(new AppError('disk_full', 'no space'))),
    );
    expect(await champions('gamma')).toEqual([]);
    expect(await deployAudits(['c1'])).toEqual([]);
    expect((await here.find('c1'))?.aliases).toEqual([]);
  });

  it('has exactly one winner in each of 30 rounds between two processes', async () => {
    const seed = await insert('d0', 'delta');
    await promote(here, seed, null, actor('setup'));
    let champion = seed;
    const all = [seed];
    for (let round = 0; round < 30; round++) {
      const pair = await Promise.all([insert(`d${round}-here`, 'delta'), insert(`d${round}-there`, 'delta')]);
      all.push(...pair);
      const expected = champion;
      const results = await Promise.allSettled([
        promote(here, pair[0], expected, actor('here')),
        promote(there, pair[1], expected, actor('there')),
      ]);
      const winners = pair.filter((_, i) => results[i].status === 'fulfilled');
      expect(winners.length).toBe(1);
      const lost = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
      expect(lost.reason).toMatchObject({ code: 'conflict' });
      expect(await champions('delta')).toEqual(winners);
      expect((await there.find(winners[0]))?.aliases).toEqual(['champion']);
      expect(await statusOf(expected)).toBe('archived');
      champion = winners[0];
    }
    const audits = await deployAudits(all);
    expect(audits.length).toBe(31);
    // Each row names the champion before it: one unbroken chain.
    audits.slice(1).forEach(({ from }, i) => {
      expect(from).toBe(audits[i].version);
    });
    expect(audits.at(-1)?.version).toBe(champion);
  });

  it('does not deadlock when the champion itself is deployed again at the same time', async () => {
    let champion = await insert('e0', 'epsilon');
    await promote(here, champion, null, actor('setup'));
    for (let round = 0; round < 15; round++) {
      const rival = await insert(`e${round}-rival`, 'epsilon');
      const results = await Promise.allSettled([
        promote(here, rival, champion, actor('here')),
        promote(there, champion, champion, actor('there')),
      ]);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' });
      }
      expect(results[0].status).toBe('fulfilled');
      expect(await champions('epsilon')).toEqual([rival]);
      champion = rival;
    }
  });

  it('lets different models deploy without waiting for each other', async () => {
    await insert('f1', 'zeta');
    await insert('g1', 'eta');
    await promote(here, 'f1', null, actor('me'), async () => {
      await promote(there, 'g1', null, actor('me'));
    });
    expect(await champions('eta')).toEqual(['g1']);
  });

  it('never deploys a version that was marked corrupt a moment before', async () => {
    await insert('h1', 'theta');
    await here.markCorrupt('h1', actor('system'));
    const error = await rejection(() => promote(here, 'h1', null, actor('me')));
    expect(error).toMatchObject({ code: 'artifact_integrity' });
    expect(await statusOf('h1')).toBe('corrupt');
  });

  it('keeps corrupt final while a successor is promoted', async () => {
    for (let round = 0; round < 15; round++) {
      const model = `iota${round}`;
      const old = await insert(`${model}-old`, model);
      const next = await insert(`${model}-next`, model);
      await promote(here, old, null, actor('setup'));
      await Promise.allSettled([
        promote(here, next, old, actor('me')),
        there.markCorrupt(old, actor('system')),
      ]);
      expect(await statusOf(old)).toBe('corrupt');
    }
  });

  it('takes the aliases of a corrupt version away', async () => {
    await insert('k1', 'kappa');
    await promote(here, 'k1', null, actor('me'));
    await here.markCorrupt('k1', actor('system'));
    await here.markCorrupt('k1', actor('system'));
    expect(await here.deployed('kappa')).toBeNull();
    expect((await here.find('k1'))?.aliases).toEqual([]);
    const rows: unknown[] = await database.dataSource.query(
      `SELECT from_state->>'status' AS was FROM audit_log WHERE action = 'mark_corrupt' AND entity_id = 'k1'`,
    );
    expect(rows).toEqual([{ was: 'deployed' }]);
  });
});
