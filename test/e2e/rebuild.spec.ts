import { appendFileSync, copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import type { TrainResult } from './documents.js';
import { writeSampleExport } from './sample-exports.js';

interface Rebuilt {
  readonly version: string;
  readonly identical: boolean;
  readonly files: Record<string, { expected: string; actual: string; identical: boolean }>;
  readonly code_version: { recorded: string; current: string };
  readonly inputs: { name: string; sha256: string }[];
  readonly reasons: string[];
}

interface Failure {
  readonly error: { code: string; message: string; details: Record<string, unknown> };
}

const MODEL_FILES = [
  'baseline.json',
  'feature_spec.json',
  'feature_state.json',
  'forest.bin',
  'golden.json',
  'model.joblib',
  'model.onnx',
  'scaler.joblib',
];

describe('rebuild', () => {
  let sandbox: CliSandbox;
  let trained: TrainResult;
  let june: string;
  let elsewhere: string;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('rebuild');
    june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    elsewhere = sandbox.path('elsewhere');
    mkdirSync(elsewhere);
    copyFileSync(june, join(elsewhere, 'renamed.json'));
    await writeSampleExport(join(elsewhere, 'other.json'), { seed: 99 });
    // Typed relative to a directory that rebuild is not run in, under settings that are not the default ones.
    const training = await sandbox.run(
      [
        'train',
        'june.json',
        '--config-overrides',
        '{"model":{"n_estimators":60,"random_state":5}}',
        '--json',
      ],
      { cwd: sandbox.exportsDir },
    );
    expect(training.code, training.stderr).toBe(0);
    trained = jsonOf<TrainResult>(training);
  });
  afterAll(async () => sandbox.cleanUp());

  const rebuild = (...options: string[]) => sandbox.run(['rebuild', trained.version, '--json', ...options]);

  it.each([1, 3])('gives every model file its registered SHA-256 on %i threads', async (threads) => {
    const result = await rebuild('--config-overrides', `{"training":{"n_jobs":${threads}}}`);
    expect(result.code, result.stderr).toBe(0);
    const rebuilt = jsonOf<Rebuilt>(result);
    expect(rebuilt).toMatchObject({ version: trained.version, identical: true, reasons: [] });
    expect(Object.keys(rebuilt.files).sort()).toEqual(MODEL_FILES);
    for (const [file, { expected, actual }] of Object.entries(rebuilt.files)) {
      expect(expected, file).toBe(trained.artifacts[file]);
      expect(actual, file).toBe(expected);
    }
    expect(rebuilt.inputs).toMatchObject([{ name: 'june.json' }]);
    expect(sandbox.versionDirectories()).toEqual([trained.version]);
  });

  it('finds the inputs among given files by their bytes, whatever they are called', async () => {
    const away = `${june}.away`;
    renameSync(june, away);
    try {
      const lost = await rebuild();
      expect(lost.code).toBe(5);
      expect(jsonOf<Failure>(lost).error).toMatchObject({
        code: 'file_not_found',
        details: { input: 'june.json', found: null },
      });
      expect(lost.stderr).toMatch(/june\.json/);
      expect(lost.stderr).toMatch(/--inputs-dir/);
      const inDirectory = await rebuild('--inputs-dir', elsewhere);
      expect(inDirectory.code, inDirectory.stderr).toBe(0);
      const named = await rebuild('--input', join(elsewhere, 'other.json'), away);
      expect(named.code, named.stderr).toBe(0);
      const wrong = await rebuild('--input', join(elsewhere, 'nothing.json'));
      expect(wrong.code).toBe(5);
    } finally {
      renameSync(away, june);
    }
  });

  it('refuses an input with other bytes before anything is trained, with both hashes', async () => {
    const kept = `${june}.kept`;
    copyFileSync(june, kept);
    appendFileSync(june, '\n');
    try {
      const result = await rebuild();
      expect(result.code).toBe(6);
      const { error } = jsonOf<Failure>(result);
      expect(error.code).toBe('artifact_integrity');
      expect(error.message).toContain('june.json');
      expect(error.details['expected']).toMatch(/^[0-9a-f]{64}$/);
      expect(error.details['found']).toMatch(/^[0-9a-f]{64}$/);
      expect(error.details['found']).not.toBe(error.details['expected']);
      expect(result.stderr).not.toMatch(/Training model/);
    } finally {
      renameSync(kept, june);
    }
  });

  it('exits 6 and says which release it was when another one gives other bytes', async () => {
    await sandbox.query(
      `UPDATE training_runs SET config = jsonb_set(config, '{model,random_state}', '6') WHERE version = '${trained.version}'`,
    );
    await sandbox.query(
      `UPDATE model_versions SET lineage = jsonb_set(lineage, '{code_version}', '"0.0.1"') WHERE version = '${trained.version}'`,
    );
    const result = await rebuild();
    expect(result.code, result.stderr).toBe(6);
    const rebuilt = jsonOf<Rebuilt>(result);
    expect(rebuilt.identical).toBe(false);
    expect(rebuilt.files['forest.bin'].identical).toBe(false);
    expect(rebuilt.files['scaler.joblib'].identical).toBe(true);
    expect(rebuilt.reasons.join(' ')).toContain('0.0.1');
  });

  it('exits 5 for a version that does not exist, 2 for options that exclude each other', async () => {
    const unknown = await sandbox.run(['rebuild', '20200101_000000', '--json']);
    expect(unknown.code).toBe(5);
    const both = await rebuild('--inputs-dir', elsewhere, '--input', june);
    expect(both.code).toBe(2);
  });
});
