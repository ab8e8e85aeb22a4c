import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { VERSION_FILES } from '../../../src/registry/core/version-files.js';
import { ModelLoaderService } from '../../../src/registry/model-loader.service.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { ModelVersionRepository } from '../../../src/registry/model-version.repository.js';
import { recordingLogger } from '../../support/loggers.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const actor = { name: 'test', reason: null };

describe('loading the deployed model', () => {
  const root = temporaryDirectory('loader');
  let database: MigratedDatabase;
  let registry: ModelRegistryService;

  beforeAll(async () => {
    database = await createMigratedDatabase('loader');
    registry = new ModelRegistryService(
      new ModelVersionRepository(database.dataSource),
      new ArtifactStore(root),
    );
  });
  afterAll(() => database.drop());

  /** Registers and deploys so many versions of a model of its own; the last one is the champion. */
  async function deployed(modelName: string, count: number): Promise<string[]> {
    const names: string[] = [];
    for (let n = 0; n < count; n++) {
      const { model } = await registry.register(
        buildTrainedModel({ modelName, seed: n + 1 }),
        '%Y%m%d_%H%M%S',
        Date.UTC(2024, 0, 1 + n),
        actor,
      );
      await registry.promote(model.version, { action: 'deploy', actor, switchOver: () => Promise.resolve() });
      names.push(model.version);
    }
    return names;
  }

  const damage = (version: string): void => {
    const path = join(root, version, VERSION_FILES.forest);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
  };

  it('gives the champion while its files are intact', async () => {
    const [, champion] = await deployed('intact', 2);
    const { logger, lines } = recordingLogger();
    expect((await new ModelLoaderService(registry, logger).loadDeployed('intact')).version).toBe(champion);
    expect(lines).toEqual([]);
  });

  it('falls back to the version before when the champion is damaged, and says so loudly', async () => {
    const [before, champion] = await deployed('damaged', 2);
    damage(champion);
    const { logger, lines } = recordingLogger();
    expect((await new ModelLoaderService(registry, logger).loadDeployed('damaged')).version).toBe(before);
    expect((await registry.get(champion)).status).toBe('corrupt');
    expect(lines.join('')).toMatch(new RegExp(`ERROR .*${champion}.*Falling back`));
  });

  it('falls back over a version whose directory is gone', async () => {
    const [first, second, champion] = await deployed('gone', 3);
    rmSync(join(root, second), { recursive: true });
    damage(champion);
    const { logger } = recordingLogger();
    expect((await new ModelLoaderService(registry, logger).loadDeployed('gone')).version).toBe(first);
  });

  it('never replaces a version that was asked for by name', async () => {
    const [, champion] = await deployed('named', 2);
    damage(champion);
    const { logger } = recordingLogger();
    const refusal = await rejection(() => new ModelLoaderService(registry, logger).loadVersion(champion));
    expect(refusal).toMatchObject({ code: 'artifact_integrity' });
  });

  it('waits out a file that is missing for a moment', async () => {
    const [champion] = await deployed('moment', 1);
    const path = join(root, champion, VERSION_FILES.forest);
    const bytes = readFileSync(path);
    rmSync(path);
    setTimeout(() => {
      writeFileSync(path, bytes);
    }, 20);
    const { logger } = recordingLogger();
    expect((await new ModelLoaderService(registry, logger).loadVersion(champion)).version).toBe(champion);
    expect((await registry.get(champion)).status).toBe('deployed');
  });
});
