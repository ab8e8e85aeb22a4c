import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import type { TrainResult } from './documents.js';
import { writeSampleExport } from './sample-exports.js';

describe('compare', () => {
  let sandbox: CliSandbox;
  let june: string;
  let versions: string[];

  beforeAll(async () => {
    sandbox = await CliSandbox.create('compare');
    june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    versions = [];
    for (const seed of [1, 2]) {
      const overrides = `{"model":{"random_state":${seed}}}`;
      const trained = await sandbox.run(['train', june, '--config-overrides', overrides, '--json']);
      expect(trained.code, trained.stderr).toBe(0);
      versions.push(jsonOf<TrainResult>(trained).version);
    }
  });
  afterAll(async () => sandbox.cleanUp());

  it('prints what would change on the windows of an export, and changes nothing', async () => {
    const result = await sandbox.run(['compare', ...versions, june, '--json']);
    expect(result.code, result.stderr).toBe(0);
    expect(jsonOf(result)).toMatchObject({
      a: versions[0],
      b: versions[1],
      same_features: true,
      on_export: { blast_radius: { label_source: 'none' }, episodes: null, unmatched_windows: 0 },
    });
    expect(sandbox.versionDirectories()).toEqual(versions);
    const text = await sandbox.run(['compare', ...versions, june]);
    expect(text.stdout).toMatch(/roc_auc\s+injected/);
    expect(text.stdout).toMatch(/new\s+lost/);
  });

  it('compares the recorded reports without one', async () => {
    const result = await sandbox.run(['compare', ...versions, '--json']);
    expect(result.code, result.stderr).toBe(0);
    expect(jsonOf(result)).toMatchObject({ on_export: null, recorded: { same_inputs: true } });
  });

  it('exits 5 for a version or a file that does not exist, 2 for labels without an export', async () => {
    const exitOf = async (...args: string[]): Promise<number | null> =>
      (await sandbox.run(['compare', ...args, '--json'])).code;
    expect(await exitOf(versions[0], '20200101_000000', june)).toBe(5);
    expect(await exitOf(...versions, join(sandbox.exportsDir, 'nothing.json'))).toBe(5);
    expect(await exitOf(...versions, '--labels', 'labels.json')).toBe(2);
  });
});
