import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import type { TrainResult } from './documents.js';
import { writeSampleExport } from './sample-exports.js';

interface Restored {
  readonly status: string;
  readonly problems: string[];
  readonly kept: string | null;
  readonly rows: number;
}

describe('backup and restore on the command line', () => {
  let source: CliSandbox;
  let target: CliSandbox;
  let trained: TrainResult;
  let archive: string;

  beforeAll(async () => {
    source = await CliSandbox.create('backup-from');
    target = await CliSandbox.create('backup-to');
    await writeSampleExport(join(source.exportsDir, 'june.json'));
    const training = await source.run(['train', join(source.exportsDir, 'june.json'), '--deploy', '--json']);
    expect(training.code, training.stderr).toBe(0);
    trained = jsonOf<TrainResult>(training);
    archive = source.path('monday.zip');
    const backup = await source.run(['backup', '--output', archive, '--json']);
    expect(backup.code, backup.stderr).toBe(0);
  });
  afterAll(async () => {
    await source.cleanUp();
    await target.cleanUp();
  });

  it('brings registry, files and audit log to an empty machine, where the model verifies and scores', async () => {
    const restored = await target.run(['restore', archive, '--verify', '--json']);
    expect(restored.code, restored.stderr).toBe(0);
    expect(jsonOf<Restored>(restored)).toMatchObject({ status: 'verified', problems: [], kept: null });
    const file = join(trained.version, 'model.joblib');
    expect(readFileSync(join(target.modelsDir, file))).toEqual(readFileSync(join(source.modelsDir, file)));
    const score = await target.run(['score', join(source.exportsDir, 'june.json'), '--json']);
    expect(score.code, score.stderr).toBe(0);
    expect(jsonOf<{ version: string }>(score).version).toBe(trained.version);
    const audit = jsonOf<{ items: { action: string }[] }>(await target.run(['audit', '--json']));
    expect(audit.items.map(({ action }) => action)).toContain('restore');
    const doctor = await target.run(['doctor', '--json']);
    expect(doctor.code, doctor.stdout).toBe(0);
  });

  it('does not touch a database with rows unless told to, and keeps what it then takes away', async () => {
    const refused = await target.run(['restore', archive, '--json']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr + refused.stdout).toContain('not empty');

    const replaced = await target.run(['restore', archive, '--replace', '--verify', '--json']);
    expect(replaced.code, replaced.stderr).toBe(0);
    const { kept } = jsonOf<Restored>(replaced);
    expect(kept).toMatch(/before-restore-/);
    expect(readdirSync(join(target.dataDir, 'backups'))).toHaveLength(1);
    // What was kept is a backup like any other.
    expect((await target.run(['restore', kept!, '--dry-run'])).code).toBe(0);
  });

  it('refuses an archive with one changed byte and leaves the machine as it was', async () => {
    const bytes = readFileSync(archive);
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    const damaged = source.path('damaged.zip');
    writeFileSync(damaged, bytes);
    const empty = await CliSandbox.create('backup-damaged');
    try {
      const refused = await empty.run(['restore', damaged, '--json']);
      expect(refused.code).toBe(6);
      expect(existsSync(join(empty.modelsDir, trained.version))).toBe(false);
    } finally {
      rmSync(damaged);
      await empty.cleanUp();
    }
  });
});
