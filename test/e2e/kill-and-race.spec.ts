import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { eventually } from '../support/embedded-sandbox.js';
import { JULY, writeSampleExport } from './sample-exports.js';
import { Service } from './service.js';

interface Trained {
  readonly version: string;
  readonly model_sha256: string;
}

const FILES_OF_A_VERSION = ['forest.bin', 'golden.json', 'metadata.json', 'model.joblib', 'scaler.joblib'];

describe('a training that is killed', () => {
  let sandbox: CliSandbox;
  let june: string;
  let first: Trained;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('kill');
    june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    const trained = await sandbox.run(['train', june, '--json']);
    expect(trained.code, trained.stderr).toBe(0);
    first = jsonOf<Trained>(trained);
  });
  afterAll(async () => sandbox.cleanUp());

  /** What a reader of models/ may ever see: whole versions. */
  const assertOnlyWholeVersions = (): void => {
    for (const version of sandbox.versionDirectories()) {
      expect(version).toMatch(/^\d{8}_\d{6}(_\d+)?$/);
      expect(readdirSync(join(sandbox.modelsDir, version))).toEqual(
        expect.arrayContaining(FILES_OF_A_VERSION),
      );
    }
  };

  it.each([
    ['while the export is checked', ' 5 %', 0],
    ['while the export is read', '10 %', 30],
    ['while the trees grow', '70 %', 20],
    ['while the model is evaluated', '85 %', 50],
    ['just as the version is saved', '95 %', 0],
    ['a moment into saving', '95 %', 12],
  ])('%s leaves whole versions only, and the next command works', async (_, marker, delayMs) => {
    const command = sandbox.start(['train', june]);
    await eventually(`"${marker}" is printed`, 60_000, () => command.stderr().includes(marker));
    await sleep(delayMs);
    command.child.kill('SIGKILL');
    const { signal, code } = await command.done;
    // Whoever was done in those few milliseconds has registered a version like any other.
    expect(signal === 'SIGKILL' || code === 0).toBe(true);
    assertOnlyWholeVersions();

    const doctor = await sandbox.run(['doctor', '--json']);
    expect(doctor.code, doctor.stdout).toBe(0);
    expect(sandbox.modelEntries().filter((name) => name.startsWith('.tmp-'))).toEqual([]);
    assertOnlyWholeVersions();
    const rows = await sandbox.query<{ version: string }>(
      'SELECT version FROM model_versions ORDER BY version',
    );
    expect(rows.map(({ version }) => version)).toEqual(sandbox.versionDirectories());
    const unfinished = await sandbox.query(
      "SELECT 1 FROM training_runs WHERE status IN ('queued', 'running')",
    );
    expect(unfinished).toEqual([]);
  });

  it('the next training gives the same bytes as the one before the crashes', async () => {
    const trained = await sandbox.run(['train', june, '--json']);
    expect(trained.code, trained.stderr).toBe(0);
    expect(jsonOf<Trained>(trained).model_sha256).toBe(first.model_sha256);
  });
});

describe('several processes at once on a new embedded database', () => {
  let sandbox: CliSandbox;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('race', { database: 'embedded' });
  });
  afterAll(async () => sandbox.cleanUp());

  it('two trainings that start together give two versions, both intact, and a third command sees both', async () => {
    const [june, july] = await Promise.all([
      writeSampleExport(join(sandbox.exportsDir, 'june.json')),
      writeSampleExport(join(sandbox.exportsDir, 'july.json'), JULY),
    ]);
    const results = await Promise.all(
      [june, july].map((file) => sandbox.run(['train', file, '--json'], { timeoutMs: 100_000 })),
    );
    expect(
      results.map(({ code }) => code),
      results.map(({ stderr }) => stderr).join('\n'),
    ).toEqual([0, 0]);
    const trained = results.map((result) => jsonOf<Trained>(result));
    expect(new Set(trained.map(({ version }) => version)).size).toBe(2);
    expect(sandbox.versionDirectories()).toEqual(trained.map(({ version }) => version).sort());

    const verified = await Promise.all(trained.map(({ version }) => sandbox.run(['verify', version])));
    expect(verified.map(({ code }) => code)).toEqual([0, 0]);
    expect((await sandbox.run(['doctor'])).code).toBe(0);
  });

  it('the service and commands share the database, and its end takes nothing away from a training', async () => {
    const service = await Service.start(sandbox);
    const listed = await sandbox.run(['list-models', '--json']);
    const versions = jsonOf<{ items: { version: string }[] }>(listed).items.map(({ version }) => version);
    const served = await service.get<{ items: { version: string }[] }>('/api/v1/models');
    expect(served.body.items.map(({ version }) => version)).toEqual(versions);
    expect(versions).toHaveLength(2);

    const training = sandbox.start(['train', join(sandbox.exportsDir, 'june.json'), '--json'], {
      timeoutMs: 100_000,
    });
    await eventually('the training is under way', 60_000, () => training.stderr().includes('10 %'));
    const stopped = await service.stop('SIGTERM');
    expect(stopped.code, service.log).toBe(0);
    const trained = await training.done;
    expect(trained.code, trained.stderr).toBe(0);
    expect(sandbox.versionDirectories()).toHaveLength(3);
  });
});
