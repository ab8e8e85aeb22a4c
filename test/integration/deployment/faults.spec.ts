import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeploymentRepository } from '../../../src/deployment/deployment.repository.js';
import { DeploymentService } from '../../../src/deployment/deployment.service.js';
import type { DeploymentTargets, TargetInfo } from '../../../src/deployment/deployment-targets.js';
import type { DeploymentLayout } from '../../../src/deployment/layouts/deployment-layout.js';
import { packageLayout } from '../../../src/deployment/layouts/package-layout.js';
import { symlinkLayout } from '../../../src/deployment/layouts/symlink-layout.js';
import { versionedLayout } from '../../../src/deployment/layouts/versioned-layout.js';
import { PackageService } from '../../../src/deployment/package.service.js';
import { DirectoryStore } from '../../../src/deployment/stores/directory-store.js';
import { DeploymentFlowService } from '../../../src/pipeline/deployment-flow.service.js';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { ModelVersionRepository } from '../../../src/registry/model-version.repository.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const actor = { name: 'test', reason: 'because' };
const CRASH_WORKER = fileURLToPath(new URL('./crash-worker.mjs', import.meta.url));

describe('a deployment that goes wrong', () => {
  const root = temporaryDirectory('deploy-faults');
  const modelsDir = join(root, 'models');
  let database: MigratedDatabase;
  let registry: ModelRegistryService;

  beforeAll(async () => {
    database = await createMigratedDatabase('deploy_faults');
    registry = new ModelRegistryService(
      new ModelVersionRepository(database.dataSource),
      new ArtifactStore(modelsDir),
    );
  });
  afterAll(() => database.drop());

  async function register(modelName: string, count: number): Promise<string[]> {
    const versions: string[] = [];
    for (let n = 0; n < count; n++) {
      const model = buildTrainedModel({ modelName, seed: n + 1 });
      versions.push(
        (await registry.register(model, '%Y%m%d_%H%M%S', Date.UTC(2024, 0, 1, 0, n), actor)).model.version,
      );
    }
    return versions;
  }

  function flowTo(
    directory: string,
    layout: DeploymentLayout = symlinkLayout,
  ): { flow: DeploymentFlowService; service: DeploymentService } {
    const info: TargetInfo = { name: 'default', type: 'directory', location: directory, layout: layout.name };
    const targets = {
      names: () => ['default'],
      info: () => info,
      open: () => Promise.resolve({ info, layout, store: new DirectoryStore(directory) }),
    } as unknown as DeploymentTargets;
    const service = new DeploymentService(targets, new DeploymentRepository(database.dataSource));
    return { flow: new DeploymentFlowService(registry, service, new PackageService()), service };
  }

  const deploy = (flow: DeploymentFlowService, version: string): Promise<unknown> =>
    flow.deploy({ version, target: 'default', actor });

  /** What a reader of the active names gets; it proves that model and metadata are a pair. */
  function readActive(directory: string, modelName: string): string {
    const metadata = JSON.parse(
      readFileSync(join(directory, `${modelName}_metadata_active.json`), 'utf8'),
    ) as {
      model_version: string;
      model_sha256: string;
    };
    const model = readFileSync(join(directory, `${modelName}_model_active.joblib`));
    expect(createHash('sha256').update(model).digest('hex')).toBe(metadata.model_sha256);
    return metadata.model_version;
  }

  async function history(
    modelName: string,
  ): Promise<{ version: string; status: string; previous_version: string | null }[]> {
    return database.dataSource.query(
      `SELECT version, status, previous_version FROM deployments WHERE model_name = $1 ORDER BY started_at`,
      [modelName],
    );
  }

  it('leaves a whole version active when it is killed before any one step, and settles afterwards', async () => {
    const [old, next] = await register('killed', 2);
    const directory = join(root, 'killed');
    const { flow, service } = flowTo(directory);
    await deploy(flow, old);
    const crash = (killBefore: number): Promise<{ killed: boolean }> =>
      promisify(execFile)(process.execPath, [
        CRASH_WORKER,
        JSON.stringify({
          databaseUrl: database.url,
          modelsDir,
          targetDir: directory,
          version: next,
          killBefore,
        }),
      ]).then(
        () => ({ killed: false }),
        (error: unknown) => {
          expect(error, (error as { stderr?: string }).stderr).toMatchObject({ signal: 'SIGKILL' });
          return { killed: true };
        },
      );
    let kills = 0;
    for (let step = 1; ; step++) {
      const { killed } = await crash(step);
      if (!killed) break;
      kills++;
      expect([old, next]).toContain(readActive(directory, 'killed'));
      // What the next start of any command does; ten minutes are not waited for.
      await database.dataSource.query(
        `UPDATE deployments SET started_at = now() - interval '1 hour' WHERE status = 'started'`,
      );
      const settled = await service.settle('killed', (body) => registry.withChampion('killed', body));
      expect(settled.join(' ')).toContain('interrupted');
      const champion = (await registry.deployed('killed'))!.version;
      expect(readActive(directory, 'killed')).toBe(champion);
      // Back to the start, so that every step is tried from the same state.
      await deploy(flow, old);
      expect(readActive(directory, 'killed')).toBe(old);
    }
    expect(kills).toBeGreaterThanOrEqual(10);
    expect(readActive(directory, 'killed')).toBe(next);
    expect((await history('killed')).filter(({ status }) => status === 'started')).toEqual([]);
  });

  it('ends fifty parallel deployments of different versions in one champion, one active pair and a true history', async () => {
    const versions = await register('parallel', 50);
    const directory = join(root, 'parallel');
    const { flow } = flowTo(directory);
    const results = await Promise.allSettled(versions.map((version) => deploy(flow, version)));
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
    const champion = (await registry.deployed('parallel'))!.version;
    expect(readActive(directory, 'parallel')).toBe(champion);
    const rows = await history('parallel');
    expect(rows).toHaveLength(50);
    // A true history is one chain: every version follows the one it says, and exactly one follows nothing.
    const predecessors = rows.map(({ previous_version: previous }) => previous);
    expect(new Set(predecessors).size).toBe(50);
    expect(predecessors.filter((previous) => previous === null)).toHaveLength(1);
    expect(predecessors).not.toContain(champion);
    const archived = await registry.list({ limit: 100, modelName: 'parallel', statuses: ['archived'] });
    expect(archived).toHaveLength(49);
  }, 120_000);

  it('keeps what is active when the target cannot be written, and says so', async () => {
    const [old, next] = await register('unwritable', 2);
    const directory = join(root, 'unwritable');
    await deploy(flowTo(directory).flow, old);
    // A file where the target's directory should be: nobody can write below it, root included.
    const blocked = join(directory, `wifi_file`);
    mkdirSync(directory, { recursive: true });
    execFileSync('touch', [blocked]);
    const failure = await rejection(() => deploy(flowTo(join(blocked, 'models')).flow, next));
    expect(failure.message).toContain(blocked);
    expect((await registry.deployed('unwritable'))!.version).toBe(old);
    expect(readActive(directory, 'unwritable')).toBe(old);
    expect((await history('unwritable')).map(({ status }) => status)).toEqual(['active', 'failed']);
  });

  it('delivers the other layouts and rolls back in each', async () => {
    for (const layout of [versionedLayout, packageLayout]) {
      const name = `layout-${layout.name}`;
      const [old, next] = await register(name, 2);
      const directory = join(root, name);
      const { flow } = flowTo(directory, layout);
      await deploy(flow, old);
      await deploy(flow, next);
      await flow.rollback({ modelName: name, version: null, target: 'default', actor });
      expect(await layout.activeVersion(new DirectoryStore(directory), name)).toBe(old);
      expect((await registry.deployed(name))!.version).toBe(old);
    }
  });

  it('verifies the old version before a rollback switches, and needs a reason', async () => {
    const [old, next] = await register('rollback', 2);
    const directory = join(root, 'rollback');
    const { flow } = flowTo(directory);
    await deploy(flow, old);
    await deploy(flow, next);
    const noReason = {
      modelName: 'rollback',
      version: null,
      target: 'default',
      actor: { name: 'test', reason: ' ' },
    };
    expect(await rejection(() => flow.rollback(noReason))).toMatchObject({ code: 'usage' });
    execFileSync('truncate', ['-s', '100', join(modelsDir, old, 'forest.bin')]);
    const refusal = await rejection(() => flow.rollback({ ...noReason, actor }));
    expect(refusal).toMatchObject({ code: 'artifact_integrity' });
    expect(readActive(directory, 'rollback')).toBe(next);
    expect((await registry.deployed('rollback'))!.version).toBe(next);
  });

  it('never makes a rejected version active', async () => {
    const model = buildTrainedModel({ modelName: 'rejected', gatePassed: false });
    const { model: registered } = await registry.register(
      model,
      '%Y%m%d_%H%M%S',
      Date.UTC(2024, 2, 1),
      actor,
    );
    const { flow } = flowTo(join(root, 'rejected'));
    expect(await rejection(() => deploy(flow, registered.version))).toMatchObject({ code: 'gate_rejected' });
    expect(await registry.deployed('rejected')).toBeNull();
  });
});

const smallDisk = join(tmpdir(), `mcp-training-small-disk-${process.pid}`);

function canMount(): boolean {
  try {
    mkdirSync(smallDisk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', smallDisk], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('SKIPPED: full and read-only disks are not tested, a small tmpfs cannot be mounted here.');
    return false;
  }
}

describe.skipIf(!canMount())('a target on a full or read-only disk', () => {
  afterAll(() => {
    execFileSync('umount', [smallDisk]);
  });

  const prepare = (version: string, bytes: number): Promise<void> =>
    symlinkLayout.prepare(new DirectoryStore(smallDisk), {
      modelName: 'wifi',
      version,
      files: { 'model.joblib': new Uint8Array(bytes), 'scaler.joblib': new Uint8Array(10) },
      agentMetadata: new TextEncoder().encode(version),
      buildPackage: () => Promise.reject(new Error('not used')),
    });

  it('keeps the active version, names the reason and leaves no temporary file', async () => {
    await prepare('v1', 1000);
    await symlinkLayout.activate(new DirectoryStore(smallDisk), 'wifi', 'v1');
    expect(await rejection(() => prepare('v2', 400_000))).toMatchObject({ code: 'disk_full' });
    expect(readFileSync(join(smallDisk, 'wifi_metadata_active.json'), 'utf8')).toBe('v1');
    expect(execFileSync('find', [smallDisk, '-name', '.tmp-*'], { encoding: 'utf8' })).toBe('');
    execFileSync('mount', ['-o', 'remount,ro', smallDisk]);
    expect(await rejection(() => prepare('v3', 10))).toMatchObject({ code: 'unavailable' });
    expect(readFileSync(join(smallDisk, 'wifi_metadata_active.json'), 'utf8')).toBe('v1');
  });
});
