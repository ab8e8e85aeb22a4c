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

  it.each([
    ['tail_probability', 'tail.tau_nats', 1],
    ['local_outlier_factor', 'local_outlier_factor.neighbours', 3],
  ])('tries settings of a %s that are its own', async (type, name, seeds) => {
    const overrides = JSON.stringify({ model: { type, calibration_min_windows: 200 } });
    const tried = await tune('--trials', '2', '--config-overrides', overrides);
    expect(tried.code, tried.stderr).toBe(0);
    const result = jsonOf<Tuned & { seeds: number; folds: number }>(tried);
    expect(result).toMatchObject({ finished_trials: 2, seeds });
    expect(result.folds).toBeGreaterThan(1);
    for (const { settings } of result.trials) {
      expect(Object.keys(settings)).toContain(name);
      expect(Object.keys(settings)).toContain('calibration');
    }
    expect(result.trials.find((trial) => trial.is_current)?.settings).toMatchObject({
      calibration: 'device',
    });
  });

  it('exits 2 for a budget that is no number, 5 for a file that does not exist', async () => {
    expect((await tune('--budget', 'soon')).code).toBe(2);
    expect((await sandbox.run(['tune', join(sandbox.exportsDir, 'nothing.json'), '--json'])).code).toBe(5);
  });
});
