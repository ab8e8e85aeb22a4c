import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RetentionRunnerService } from '../../../src/pipeline/retention-runner.service.js';
import { ModelDeletionService } from '../../../src/registry/model-deletion.service.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const actor = { name: 'test', reason: null };

describe('retention by itself', () => {
  const directory = temporaryDirectory('retention-runner');
  let service: TestApplication;
  const versions: string[] = [];

  beforeAll(async () => {
    service = await startApplication('retention_runner', directory, {
      overrides: {
        storage: { retention_every_hours: 24, keep_last_n_versions: 2, backup_enabled: false },
      },
    });
    const registry = service.app.get(ModelRegistryService);
    for (let day = 1; day <= 4; day++) {
      const at = Date.UTC(2024, 0, day);
      const { model } = await registry.register(buildTrainedModel(), '%Y%m%d', at, actor);
      versions.push(model.version);
    }
  });
  afterAll(() => service.close());

  const listed = async (): Promise<string[]> =>
    (await service.app.get(ModelRegistryService).list({ limit: 10 })).map(({ version }) => version).sort();

  it('is applied by one of several replicas, once an interval, and is in the audit log', async () => {
    const runner = service.app.get(RetentionRunnerService);
    // The claim is in the database: calls at the same time are replicas to it.
    const applied = await Promise.all([runner.look(), runner.look(), runner.look()]);
    expect(applied.filter(Boolean)).toHaveLength(1);
    expect(await runner.look()).toBe(false);
    expect(await listed()).toEqual(versions.slice(2));
    const lines = await service.dataSource.query<Record<string, unknown>[]>(
      `SELECT action, entity, entity_id, to_state FROM audit_log WHERE actor = 'system:retention' ORDER BY sequence`,
    );
    expect(lines).toEqual([
      { action: 'apply', entity: 'retention', entity_id: 'models', to_state: { every_seconds: 86_400 } },
      ...[...versions.slice(0, 2)].reverse().map((version) => ({
        action: 'delete',
        entity: 'model_version',
        entity_id: version,
        to_state: null,
      })),
    ]);
  });

  it('is due again when the interval is over', async () => {
    const deletions = service.app.get(ModelDeletionService);
    expect(await deletions.claimRetention(3600, actor)).toBe(false);
    expect(await deletions.claimRetention(0, actor)).toBe(true);
  });

  it('deletes in two steps, as by hand: it can be taken back', async () => {
    await service.app.get(ModelDeletionService).undelete(versions[0], actor);
    expect(await listed()).toContain(versions[0]);
  });
});
