import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeploymentFlowService } from '../../../src/pipeline/deployment-flow.service.js';
import { ReconcilerService } from '../../../src/pipeline/reconciler.service.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';
import type { DataSource } from 'typeorm';
import { getDataSourceToken } from '@nestjs/typeorm';

const actor = { name: 'test', reason: 'because' };

describe('deploying registered versions', () => {
  const directory = temporaryDirectory('deployment');
  let application: TestApplication;
  let registry: ModelRegistryService;
  let flow: DeploymentFlowService;
  let reconciler: ReconcilerService;
  let dataSource: DataSource;
  let seed = 0;

  beforeAll(async () => {
    const lab = { type: 'directory', layout: 'symlink', directory: join(directory, 'lab') };
    application = await startApplication('deployment', directory, {
      overrides: { deployment: { targets: { lab } } },
    });
    const { app } = application;
    registry = app.get(ModelRegistryService, { strict: false });
    flow = app.get(DeploymentFlowService, { strict: false });
    reconciler = app.get(ReconcilerService, { strict: false });
    dataSource = app.get<DataSource>(getDataSourceToken(), { strict: false });
  });
  afterAll(() => application.close());

  async function register(modelName: string): Promise<string> {
    const model = buildTrainedModel({ modelName, seed: ++seed });
    return (await registry.register(model, '%Y%m%d_%H%M%S', Date.UTC(2024, 0, 1), actor)).model.version;
  }
  const inTarget = (name: string, target = application.config.paths.deployedDir) => join(target, name);
  const activeOf = (modelName: string, target?: string) =>
    readlinkSync(inTarget(`.${modelName}_active`, target))
      .split('/')
      .at(-1);
  const deploy = (version: string, target = 'default', expected?: string | null) =>
    flow.deploy({ version, target, actor, expected });

  it('puts model and metadata of one version where the consumer reads them', async () => {
    const version = await register('alpha');
    expect(await deploy(version)).toMatchObject({ status: 'deployed', previous_version: null });
    const model = readFileSync(inTarget('alpha_model_active.joblib'));
    const metadata = JSON.parse(readFileSync(inTarget('alpha_metadata_active.json'), 'utf8')) as object;
    expect(metadata).toMatchObject({
      model_version: version,
      model_file: `alpha_model_${version}.joblib`,
      model_sha256: sha256Hex(model),
      agent_name: 'alpha',
      training_date: '2024-01-01T00:00:00.000Z',
      training_data_source: 'export.json',
      training_log_count: 1234,
    });
    expect(model.equals(registry.store.read(version, 'model.joblib'))).toBe(true);
    expect((await registry.get(version)).status).toBe('deployed');
  });

  it('leaves disk and registry in agreement whoever wins a race', async () => {
    const versions = await Promise.all(Array.from({ length: 6 }, () => register('beta')));
    await deploy(versions[0]);
    for (let round = 0; round < 5; round++) {
      const expected = (await registry.deployed('beta'))?.version;
      const results = await Promise.allSettled(
        versions
          .filter((version) => version !== expected)
          .map((version) => deploy(version, 'default', expected)),
      );
      expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1);
      // The losers must not lead readers back to what they saw before.
      expect(activeOf('beta')).toBe((await registry.deployed('beta'))?.version);
    }
  });

  it('changes neither when the target cannot be written', async () => {
    const first = await register('gamma');
    await deploy(first);
    const second = await register('gamma');
    writeFileSync(inTarget(`.gamma_releases/${second}`), 'in the way');
    expect(await rejection(() => deploy(second))).toMatchObject({ code: 'unavailable' });
    expect(activeOf('gamma')).toBe(first);
    expect((await registry.deployed('gamma'))?.version).toBe(first);
    expect((await registry.get(second)).status).toBe('available');
    const rows: unknown[] = await dataSource.query(
      `SELECT version, status FROM deployments WHERE model_name = 'gamma' ORDER BY started_at`,
    );
    expect(rows).toEqual([
      { version: first, status: 'active' },
      { version: second, status: 'failed' },
    ]);
  });

  it('refuses a damaged version and keeps the deployed one', async () => {
    const first = await register('delta');
    await deploy(first);
    const second = await register('delta');
    writeFileSync(registry.store.path(second, 'model.joblib'), 'damaged');
    expect(await rejection(() => deploy(second))).toMatchObject({ code: 'artifact_integrity' });
    expect(activeOf('delta')).toBe(first);
    expect((await registry.get(second)).status).toBe('corrupt');
  });

  it('says what would happen in a dry run, and does nothing', async () => {
    const version = await register('epsilon');
    expect(await flow.deploy({ version, target: 'default', actor, dryRun: true })).toMatchObject({
      status: 'would_deploy',
    });
    expect(existsSync(inTarget('.epsilon_active'))).toBe(false);
    expect(await registry.deployed('epsilon')).toBeNull();
  });

  it('refuses a target that is not configured', async () => {
    const version = await register('zeta');
    expect(await rejection(() => deploy(version, '__proto__'))).toMatchObject({ code: 'usage' });
  });

  describe('the reconciler', () => {
    it('leads readers back to the champion after a crash between switch and commit', async () => {
      const first = await register('eta');
      const second = await register('eta');
      await deploy(second);
      await deploy(first);
      // What such a crash leaves: the link leads to a version that the registry never made champion.
      await dataSource.query(
        `INSERT INTO deployments (id, model_name, version, target, layout, action, status, actor, started_at)
         VALUES ($1, 'eta', $2, 'default', 'symlink', 'deploy', 'started', 'test', now() - interval '1 hour')`,
        [randomUUID(), second],
      );
      await dataSource.query(`UPDATE model_versions SET status = 'archived' WHERE version = $1`, [first]);
      await dataSource.query(`UPDATE model_versions SET status = 'deployed' WHERE version = $1`, [second]);
      const { settled } = await reconciler.settle();
      expect(settled.join('\n')).toContain(`The deployment of ${second} to default was interrupted`);
      expect(activeOf('eta')).toBe(second);
      expect((await reconciler.settle()).settled).toEqual([]);
    });

    it('does not lead a target to a version it never received', async () => {
      const first = await register('theta');
      await deploy(first);
      const second = await register('theta');
      await deploy(second, 'lab');
      await reconciler.settle();
      expect(activeOf('theta', join(directory, 'lab'))).toBe(second);
      expect(activeOf('theta')).toBe(first);
      expect(existsSync(inTarget('theta_model_active.joblib'))).toBe(true);
    });
  });
});
