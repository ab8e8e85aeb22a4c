import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/embedded-sandbox.js';
import { sharedData } from '../support/export-fixtures.js';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { record, writeBrokenNetwork, writeSampleExport } from './sample-exports.js';

interface ErrorDocument {
  readonly error: {
    code: string;
    message: string;
    hint?: string;
    errors?: { pointer: string; message: string }[];
  };
}

describe('exit codes of the command line', () => {
  let sandbox: CliSandbox;
  let june: string;
  let version: string;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('exit-codes');
    june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    const trained = await sandbox.run(['train', june, '--json', '--quiet']);
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toBe('');
    version = jsonOf<{ version: string }>(trained).version;
  });
  afterAll(async () => sandbox.cleanUp());

  describe('2: wrong usage or configuration', () => {
    it.concurrent.each([
      ['an unknown option', ['train', 'june.json', '--frobnicate'], /--frobnicate/],
      ['an unknown verb', ['frobnicate'], /frobnicate/],
      ['a missing argument', ['train'], /Nothing to train on[\s\S]*--from-database/],
      ['a date that is none', ['validate', 'june.json', '--start-date', 'yesterday'], /yesterday/],
      ['a day that does not exist', ['validate', 'june.json', '--end-date', '2025-02-30'], /2025-02-30/],
      [
        'overrides that are no JSON',
        ['train', 'june.json', '--config-overrides', '{bad'],
        /--config-overrides.*JSON/,
      ],
      [
        'overrides that are no object',
        ['train', 'june.json', '--config-overrides', '[1]'],
        /--config-overrides/,
      ],
      [
        'a configuration file that is missing',
        ['config', 'check', '--config', 'absent.yaml'],
        /absent\.yaml/,
      ],
      ['a feature set that does not exist', ['validate', 'june.json', '--feature-set', 'wfi'], /wfi/],
    ])('%s', async (_, args, message) => {
      const result = await sandbox.run(args, { cwd: sandbox.exportsDir });
      expect(result.stderr).toMatch(message);
      expect(result.code, result.stderr).toBe(2);
      expect(result.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
    });

    it('every unknown or ill-typed key is named at once, each with its nearest spelling', async () => {
      const overrides = {
        model: { contaminaton: 0.1, n_estimators: 'many' },
        featurs: {},
        training: { test_size: 7 },
      };
      const result = await sandbox.run([
        'train',
        june,
        '--config-overrides',
        JSON.stringify(overrides),
        '--json',
      ]);
      expect(result.code, result.stderr).toBe(2);
      const { error } = jsonOf<ErrorDocument>(result);
      const all = JSON.stringify(error);
      for (const key of ['model.contaminaton', 'model.n_estimators', 'featurs', 'training.test_size']) {
        expect(all).toContain(key);
      }
      expect(all).toMatch(/did you mean model\.contamination/);
      expect(all).toMatch(/did you mean features/);
      expect(error.errors).toHaveLength(4);
    });

    it('a wrong key in a configuration file is named with its file and line or key', async () => {
      const file = sandbox.path('mine.yaml');
      writeFileSync(file, 'model:\n  n_estimator: 10\nstorag:\n  directory: x\n');
      const result = await sandbox.run(['config', 'check', '--config', file]);
      expect(result.code).toBe(2);
      expect(result.stderr).toContain('mine.yaml');
      expect(result.stderr).toMatch(/n_estimator.*n_estimators/);
      expect(result.stderr).toMatch(/storag.*storage/);
    });

    it('alias and key that disagree are refused', async () => {
      const overrides = { model: { n_estimators: 50, hyperparameters: { n_estimators: 60 } } };
      const result = await sandbox.run(['train', june, '--config-overrides', JSON.stringify(overrides)]);
      expect(result.code, result.stderr).toBe(2);
      expect(result.stderr).toMatch(/n_estimators/);
    });
  });

  describe('3: the input is not valid for training', () => {
    it('too little data: the missing number is named', async () => {
      const file = sandbox.path('short.json');
      writeFileSync(file, JSON.stringify({ logs: [0, 6, 12].map((minute) => record(minute)) }));
      const result = await sandbox.run(['train', file]);
      expect(result.code, result.stderr).toBe(3);
      expect(result.stderr).toMatch(/288/);
      expect(result.stderr).toMatch(/285/);
    });

    it('the real ASUS export is told exactly why it cannot train', async ({ skip }) => {
      const asus = sharedData('exports/export_20250701_asus_router.json');
      if (asus === null) return skip();
      const [validated, trained] = await Promise.all([
        sandbox.run(['validate', asus, '--json']),
        sandbox.run(['train', asus]),
      ]);
      expect([validated.code, trained.code]).toEqual([3, 3]);
      const report = jsonOf<{
        is_valid: boolean;
        errors: { message: string }[];
        stats: Record<string, number>;
      }>(validated);
      expect(report.is_valid).toBe(false);
      expect(report.stats).toMatchObject({ log_count: 35, valid_logs: 35, invalid_logs: 0 });
      expect(report.errors.map(({ message }) => message).join('\n')).toMatch(/288/);
      expect(trained.stderr).toMatch(/288|1 day/);
    });

    it('the real OpenWrt CSV validates with its counts, and is too short to train', async ({ skip }) => {
      const openwrt = sharedData('exports/log_entries_sample_openwrt.csv');
      if (openwrt === null) return skip();
      const validated = await sandbox.run(['validate', openwrt, '--json']);
      const { stats, warnings } = jsonOf<{
        stats: Record<string, number>;
        warnings: { code: string; count: number }[];
      }>(validated);
      expect(stats).toMatchObject({ log_count: 100, valid_logs: 100, invalid_logs: 0 });
      // Program and level are taken from the syslog header of raw_message, and that is said.
      expect(stats['wifi_logs']).toBeGreaterThan(0);
      expect(warnings.some(({ count }) => count === 100)).toBe(true);
      expect(validated.code).toBe(3);
    });

    it('logs of other programs cannot train the WiFi set: the reason names WiFi lines', async () => {
      const file = sandbox.path('no-wifi.json');
      const logs = Array.from({ length: 5 * 288 }, (_, i) =>
        record(5 * i, { process_name: 'dnsmasq', message: 'lease renewed' }),
      );
      writeFileSync(file, JSON.stringify({ logs }));
      const result = await sandbox.run(['train', file]);
      expect(result.code, result.stderr).toBe(3);
      expect(result.stderr).toMatch(/WiFi/);
    });
  });

  it('4: a model that fails its gate is registered as rejected, and can be neither deployed nor scored by default', async () => {
    const file = writeBrokenNetwork(sandbox.path('broken-network.json'));
    const trained = await sandbox.run(['train', file, '--model', 'other', '--deploy', '--json']);
    expect(trained.code, trained.stderr).toBe(4);
    const result = jsonOf<{
      version: string;
      status: string;
      gate: { passed: boolean; checks: { passed: boolean }[] };
    }>(trained);
    expect(result).toMatchObject({ status: 'rejected', gate: { passed: false } });
    expect(result.gate.checks.some(({ passed }) => !passed)).toBe(true);
    expect(sandbox.versionDirectories()).toContain(result.version);

    const [deployed, listing] = await Promise.all([
      sandbox.run(['deploy', result.version, '--json']),
      sandbox.run(['list-models', '--model', 'other', '--json']),
    ]);
    expect(deployed.code, deployed.stderr).toBe(4);
    expect(jsonOf<ErrorDocument>(deployed).error.code).toBe('gate_rejected');
    expect(jsonOf<{ items: unknown[] }>(listing).items).toMatchObject([
      { version: result.version, model_name: 'other', status: 'rejected' },
    ]);
  });

  it.concurrent.each([
    ['a file', ['validate', 'absent.json'], /absent\.json/],
    ['a version to deploy', ['deploy', '20000101_000000'], /20000101_000000/],
    ['a version to show', ['show-model', '20000101_000000'], /20000101_000000/],
    ['a version outside of the store', ['verify', '../../etc'], /etc/],
    ['a version to score with', ['score', 'june.json', '--version', '20000101_000000'], /20000101_000000/],
  ])('5: no such thing: %s', async (_, args, message) => {
    const result = await sandbox.run(args, { cwd: sandbox.exportsDir });
    expect(result.code, result.stderr).toBe(5);
    expect(result.stderr).toMatch(message);
  });

  it('130: Ctrl-C during a training leaves nothing, and the run is recorded as cancelled', async () => {
    const slow = { model: { n_estimators: 5000 } };
    const before = sandbox.modelEntries();
    const command = sandbox.start(['train', june, '--config-overrides', JSON.stringify(slow), '--json']);
    await eventually('training is under way', 40_000, () => command.stderr().includes('70 %'));
    command.child.kill('SIGINT');
    const result = await command.done;
    expect(result.code, result.stderr).toBe(130);
    expect(result.stdout === '' || jsonOf<ErrorDocument>(result).error.code).toBeTruthy();
    expect(sandbox.modelEntries()).toEqual(before);
    const runs = await sandbox.query<{ status: string }>(
      'SELECT status FROM training_runs ORDER BY created_at DESC',
    );
    expect(runs[0].status).toBe('cancelled');
  });

  // Last: it damages the store. model.joblib is for the consumer; scoring here never reads it, and refuses all the same.
  it('6: a changed artifact is refused by verify, doctor, score and deploy, and marked corrupt', async () => {
    const file = join(sandbox.modelsDir, version, 'model.joblib');
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    writeFileSync(file, bytes);

    const [verified, doctor] = await Promise.all([
      sandbox.run(['verify', version]),
      sandbox.run(['doctor', '--json']),
    ]);
    expect([verified.code, doctor.code]).toEqual([6, 6]);
    expect(verified.stdout + verified.stderr).toContain('model.joblib');
    expect(JSON.stringify(jsonOf(doctor))).toContain(version);

    const scored = await sandbox.run(['score', june, '--version', version]);
    expect(scored.code, scored.stderr).toBe(6);
    const [deployed, shown] = await Promise.all([
      sandbox.run(['deploy', version]),
      sandbox.run(['show-model', version, '--json']),
    ]);
    expect(deployed.code, deployed.stderr).toBe(6);
    expect(jsonOf(shown)).toMatchObject({ version, status: 'corrupt' });
  });
});
