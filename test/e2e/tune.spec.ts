import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { writeSampleExport } from './sample-exports.js';

interface Tuned {
  readonly label_source: string;
  readonly trials: { settings: object; is_current: boolean }[];
  readonly recommended: object;
  readonly finished_trials: number;
  readonly resumed_trials: number;
  readonly state_file: string;
}

describe('tune', () => {
  let sandbox: CliSandbox;
  let june: string;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('tune');
    june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
  });
  afterAll(async () => sandbox.cleanUp());

  const tune = (...options: string[]) =>
    sandbox.run(['tune', june, '--json', ...options], { timeoutMs: 120_000 });

  it('always tries the settings in use, goes on where it stopped, and gives the same answer again', async () => {
    const first = await tune('--budget', '0');
    expect(first.code, first.stderr).toBe(0);
    expect(jsonOf<Tuned>(first)).toMatchObject({
      label_source: 'none',
      finished_trials: 1,
      resumed_trials: 0,
      trials: [{ is_current: true, settings: { n_estimators: 100 } }],
      is_change: false,
      config_overrides: {},
    });
    const second = jsonOf<Tuned>(await tune('--trials', '3'));
    expect(second).toMatchObject({ finished_trials: 3, resumed_trials: 1 });
    const third = jsonOf<Tuned>(await tune('--trials', '3'));
    expect(third).toEqual({ ...second, resumed_trials: 3 });
    expect(readdirSync(join(sandbox.dataDir, 'tuning'))).toHaveLength(1);
    expect(sandbox.versionDirectories()).toEqual([]);
  });

  it('exits 2 for a detector that its forests would say nothing about, before anything is read', async () => {
    const refused = await tune('--config-overrides', '{"model":{"type":"tail_probability"}}');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/model\.type is "tail_probability"/);
  });

  it('exits 2 for a budget that is no number, 5 for a file that does not exist', async () => {
    expect((await tune('--budget', 'soon')).code).toBe(2);
    expect((await sandbox.run(['tune', join(sandbox.exportsDir, 'nothing.json'), '--json'])).code).toBe(5);
  });
});
