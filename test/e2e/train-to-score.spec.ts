import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf, type CliResult } from '../support/cli.js';
import type { Golden, ScoreResult, TrainResult } from './documents.js';
import { JULY, writeSampleExport } from './sample-exports.js';

const CONTRACT_FILES = [
  'baseline.json',
  'deployment_manifest.json',
  'feature_spec.json',
  'feature_state.json',
  'golden.json',
  'metadata.json',
  'model.joblib',
  'model.onnx',
  'report.html',
  'report.json',
  'scaler.joblib',
];
const OWN_FILES = ['forest.bin'];
const ZULU = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
/** Every string of a document that looks like a time of day on a date. */
const times = (document: unknown): string[] =>
  [...JSON.stringify(document).matchAll(/"(\d{4}-\d\d-\d\dT\d\d:[^"]*)"/g)].map(([, time]) => time);

describe('one model from export to score', () => {
  let sandbox: CliSandbox;
  let trained: TrainResult;
  let training: CliResult;
  let june: string;
  let versionDirectory: string;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('train-to-score');
    june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    training = await sandbox.run(['train', june, '--model', 'wifi', '--json']);
    expect(training.code, training.stderr).toBe(0);
    trained = jsonOf<TrainResult>(training);
    versionDirectory = join(sandbox.modelsDir, trained.version);
  });
  afterAll(async () => sandbox.cleanUp());

  it('train --json prints one document with every promised field', () => {
    expect(trained).toMatchObject({
      status: 'completed',
      model_name: 'wifi',
      feature_set: 'wifi',
      log_count: 12_000,
    });
    expect(trained.training_id).toBeTypeOf('string');
    expect(trained.version).toMatch(/^\d{8}_\d{6}(_\d+)?$/);
    expect(realpathSync(trained.model_path)).toBe(realpathSync(versionDirectory));
    expect(trained.training_samples).toBeGreaterThan(288);
    expect(new Set(trained.feature_names).size).toBe(trained.feature_names.length);
    expect(trained.training_duration).toBeGreaterThan(0);
    expect(trained.training_duration).toBeLessThan(training.durationMs / 1000);
    expect(['ground_truth', 'feedback', 'injected', 'none']).toContain(trained.label_source);
    expect(trained.gate.passed).toBe(true);
    expect(trained.gate.checks.length).toBeGreaterThan(0);
    expect(trained.warnings).toBeInstanceOf(Array);
    expect(trained.model_sha256).toBe(trained.artifacts['model.joblib']);
    expect(trained.metrics).toMatchObject({
      accuracy: expect.any(Number) as number,
      precision: expect.any(Number) as number,
      recall: expect.any(Number) as number,
      f1_score: expect.any(Number) as number,
      roc_auc: expect.any(Number) as number,
    });
  });

  it('metrics are not the near-perfect ones of a model judged by its own predictions', () => {
    expect(trained.label_source).toBe('injected');
    expect(trained.metrics['f1_score']).toBeLessThan(0.999);
  });

  it('progress goes to stderr, with the steps in order', () => {
    const percents = [...training.stderr.matchAll(/^\s*(\d+) ?%/gm)].map(([, percent]) => Number(percent));
    expect(percents).toEqual(expect.arrayContaining([5, 10, 30, 50, 70, 85, 95, 100]));
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
  });

  it('the version directory holds exactly the promised files, with the hashes that train printed', () => {
    const files = readdirSync(versionDirectory).sort();
    expect(files).toEqual([...CONTRACT_FILES, ...OWN_FILES].sort());
    expect(Object.keys(trained.artifacts).sort()).toEqual(files);
    for (const file of files)
      expect(sha256(join(versionDirectory, file)), file).toBe(trained.artifacts[file]);
    expect(readdirSync(sandbox.modelsDir)).toEqual([trained.version]);
  });

  it('metadata.json has the sections of the seeds, true figures, and a creation time without zone', () => {
    const metadata = readJson(join(versionDirectory, 'metadata.json')) as Record<
      string,
      Record<string, unknown>
    >;
    expect(Object.keys(metadata)).toEqual(
      expect.arrayContaining([
        'model_info',
        'training_info',
        'evaluation_info',
        'deployment_info',
        'monitoring_info',
      ]),
    );
    expect(metadata['model_info']).toMatchObject({
      version: trained.version,
      model_name: 'wifi',
      model_type: 'IsolationForest',
      training_id: trained.training_id,
    });
    const createdAt = metadata['model_info']['created_at'] as string;
    // Python 3.10 and older: fromisoformat takes 3 or 6 digits only, and the consumer subtracts naive times.
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{3}|\d{6})$/);
    expect(Math.abs(Date.parse(`${createdAt}Z`) - Date.now())).toBeLessThan(10 * 60_000);
    expect(metadata['training_info']).toMatchObject({
      feature_names: trained.feature_names,
      feature_count: trained.feature_names.length,
      training_samples: trained.training_samples,
      n_samples: trained.training_samples,
      log_count: 12_000,
    });
    expect(metadata['evaluation_info']['basic_metrics']).toMatchObject({
      f1_score: trained.metrics['f1_score'],
      roc_auc: trained.metrics['roc_auc'],
      threshold_value: expect.any(Number) as number,
      anomaly_ratio: expect.any(Number) as number,
    });
    expect(JSON.stringify(metadata)).not.toMatch(/NaN|Infinity/);
  });

  it('golden.json has at least 100 rows without gaps, and labels that agree with the decision function', () => {
    const golden = readJson(join(versionDirectory, 'golden.json')) as Golden;
    expect(golden.feature_names).toEqual(trained.feature_names);
    const rows = golden.X.length;
    expect(rows).toBeGreaterThanOrEqual(100);
    expect(
      golden.X.every((row) => row.length === trained.feature_names.length && row.every(Number.isFinite)),
    ).toBe(true);
    for (const column of [golden.labels, golden.score_samples, golden.decision_function]) {
      expect(column).toHaveLength(rows);
      expect(column.every(Number.isFinite)).toBe(true);
    }
    expect(golden.labels).toEqual(golden.decision_function.map((value) => (value < 0 ? -1 : 1)));
    expect(new Set(golden.labels)).toEqual(new Set([1, -1]));
    expect(golden.score_samples.every((score) => score < 0 && score >= -1)).toBe(true);
    // decision_function = score_samples - offset_, one offset for all rows.
    const offsets = golden.score_samples.map((score, i) => score - golden.decision_function[i]);
    for (const offset of offsets) expect(offset).toBeCloseTo(offsets[0], 12);
  });

  it('the deployment manifest has a positive threshold and the hashes of the other files', () => {
    const manifest = readJson(join(versionDirectory, 'deployment_manifest.json')) as {
      model_version: string;
      inference_config: { threshold: number };
      file_hashes: Record<string, string>;
      file_integrity: Record<string, string>;
    };
    expect(manifest.model_version).toBe(trained.version);
    expect(manifest.inference_config.threshold).toBeGreaterThan(0);
    expect(manifest.inference_config.threshold).toBeLessThan(1);
    expect(manifest.file_hashes).toEqual(manifest.file_integrity);
    for (const [file, hash] of Object.entries(manifest.file_hashes)) {
      expect(sha256(join(versionDirectory, file)), file).toBe(hash);
    }
    expect(Object.keys(manifest.file_hashes)).toEqual(
      expect.arrayContaining(['model.joblib', 'scaler.joblib', 'metadata.json']),
    );
  });

  it('list-models, show-model and verify agree about the version', async () => {
    const [listing, shown, verified] = await Promise.all([
      sandbox.run(['list-models', '--json']),
      sandbox.run(['show-model', trained.version, '--json']),
      sandbox.run(['verify', trained.version, '--json']),
    ]);
    expect([listing.code, shown.code, verified.code]).toEqual([0, 0, 0]);
    expect(jsonOf<{ items: unknown[] }>(listing).items).toMatchObject([
      { version: trained.version, model_name: 'wifi', status: 'available' },
    ]);
    expect(jsonOf(shown)).toMatchObject({
      version: trained.version,
      model_name: 'wifi',
      status: 'available',
      training_id: trained.training_id,
    });
    for (const result of [listing, shown]) {
      for (const time of times(jsonOf(result))) expect(time).toMatch(ZULU);
    }
    expect(JSON.stringify(jsonOf(verified))).toContain(trained.version);
  });

  it('nothing is deployed before deploy: score without --version says which command helps', async () => {
    const result = await sandbox.run(['score', june]);
    expect(result.code).toBe(5);
    expect(result.stderr).toMatch(/deploy/);
  });

  describe('deployed', () => {
    let deployedDir: string;
    let scored: ScoreResult;

    beforeAll(async () => {
      const july = await writeSampleExport(join(sandbox.exportsDir, 'july.json'), JULY);
      const deployed = await sandbox.run(['deploy', trained.version, '--json']);
      expect(deployed.code, deployed.stderr).toBe(0);
      expect(jsonOf(deployed)).toMatchObject({ version: trained.version, target: 'default' });
      deployedDir = join(sandbox.dataDir, 'deployed');
      const result = await sandbox.run(['score', july, '--json']);
      expect(result.code, result.stderr).toBe(0);
      scored = jsonOf<ScoreResult>(result);
    });

    it('the flat files and the active links of the symlink layout are there and name one pair', () => {
      const model = join(deployedDir, `wifi_model_${trained.version}.joblib`);
      const metadata = join(deployedDir, `wifi_metadata_${trained.version}.json`);
      expect(lstatSync(model).isFile()).toBe(true);
      expect(lstatSync(metadata).isFile()).toBe(true);
      const activeModel = join(deployedDir, 'wifi_model_active.joblib');
      const activeMetadata = join(deployedDir, 'wifi_metadata_active.json');
      expect(realpathSync(activeModel)).toBe(realpathSync(model));
      expect(realpathSync(activeMetadata)).toBe(realpathSync(metadata));
      expect(sha256(activeModel)).toBe(trained.model_sha256);
      expect(readFileSync(activeMetadata, 'utf8')).toContain(trained.model_sha256);
    });

    it('both active links go through one directory link, so one rename switches the pair', () => {
      const links = ['wifi_model_active.joblib', 'wifi_metadata_active.json'].map((name) =>
        readlinkSync(join(deployedDir, name)),
      );
      expect(links.every((link) => !link.startsWith('/'))).toBe(true);
      expect(dirname(links[0])).toBe(dirname(links[1]));
      expect(lstatSync(join(deployedDir, dirname(links[0]))).isSymbolicLink()).toBe(true);
    });

    it('the deployed metadata has the fields of the design document', () => {
      const metadata = readJson(join(deployedDir, 'wifi_metadata_active.json')) as Record<string, unknown>;
      expect(metadata).toMatchObject({
        model_version: trained.version,
        model_file: `wifi_model_${trained.version}.joblib`,
        agent_name: 'wifi',
        training_data_source: 'june.json',
        training_log_count: 12_000,
        hyperparameters: { n_estimators: 100, contamination: 0.01, max_samples: 'auto', random_state: 42 },
        features_used: trained.feature_names,
      });
      expect(metadata['training_date']).toMatch(ZULU);
    });

    it('another month is scored: times in UTC, scores in 0..1, flags by the threshold, both devices', () => {
      expect(scored.version).toBe(trained.version);
      expect(scored.windows.length).toBeGreaterThan(1000);
      for (const { start, end, score, is_anomaly, confidence } of scored.windows) {
        expect(start).toMatch(ZULU);
        expect(Date.parse(end) - Date.parse(start)).toBe(300_000);
        expect(score >= 0 && score <= 1).toBe(true);
        expect(confidence >= 0 && confidence <= 1).toBe(true);
        expect(is_anomaly).toBe(score > scored.threshold);
      }
      expect(new Set(scored.windows.map(({ device }) => device))).toEqual(new Set(['1', '2']));
      const keys = scored.windows.map(({ device, start }) => `${device} ${start}`);
      expect(new Set(keys).size).toBe(keys.length);
      const first = scored.windows.map(({ start }) => start).toSorted()[0];
      expect(first.startsWith('2025-07-01')).toBe(true);
    });

    it('some windows are flagged and most are not, as a contamination of 1 % asks for', () => {
      const flagged = scored.windows.filter(({ is_anomaly }) => is_anomaly).length;
      expect(flagged).toBeGreaterThan(0);
      expect(flagged / scored.windows.length).toBeLessThan(0.1);
    });

    it('the human output lists the flagged windows with their device', async () => {
      const result = await sandbox.run(['score', join(sandbox.exportsDir, 'july.json')]);
      expect(result.code).toBe(0);
      const worst = scored.windows.toSorted((a, b) => b.score - a.score)[0];
      expect(result.stdout).toContain(worst.start);
      expect(result.stdout).toMatch(new RegExp(`^${worst.device}\\s.*${worst.start}`, 'm'));
    });

    it('the same model scores the same file to the same numbers', async () => {
      const again = jsonOf<ScoreResult>(
        await sandbox.run([
          'score',
          join(sandbox.exportsDir, 'july.json'),
          '--version',
          trained.version,
          '--json',
        ]),
      );
      expect(again.windows).toEqual(scored.windows);
    });

    it('the list says deployed, and doctor finds everything in order', async () => {
      const listing = jsonOf<{ items: { status: string }[] }>(await sandbox.run(['list-models', '--json']));
      expect(listing.items[0].status).toBe('deployed');
      const doctor = await sandbox.run(['doctor', '--json']);
      expect(doctor.code, doctor.stderr).toBe(0);
      jsonOf(doctor);
    });
  });

  it('the same export and configuration give the same model bytes, and --deploy switches at once', async () => {
    const copies = sandbox.path('copies');
    const result = await sandbox.run(['train', june, '--deploy', '--output-dir', copies, '--json']);
    expect(result.code, result.stderr).toBe(0);
    const second = jsonOf<TrainResult>(result);
    expect(second.version).not.toBe(trained.version);
    expect(second.model_sha256).toBe(trained.model_sha256);
    expect(second.artifacts['scaler.joblib']).toBe(trained.artifacts['scaler.joblib']);
    expect(
      existsSync(join(copies, second.version, 'model.joblib')) || existsSync(join(copies, 'model.joblib')),
    ).toBe(true);
    const statuses = jsonOf<{ items: { version: string; status: string }[] }>(
      await sandbox.run(['list-models', '--json']),
    ).items.map(({ version, status }) => [version, status]);
    expect(Object.fromEntries(statuses)).toEqual({
      [second.version]: 'deployed',
      [trained.version]: 'archived',
    });
    expect(realpathSync(join(sandbox.dataDir, 'deployed', 'wifi_model_active.joblib'))).toContain(
      second.version,
    );
  });

  it('extract-features writes a table of numbers whose columns are the model features', async () => {
    const file = sandbox.path('features.csv');
    const result = await sandbox.run(['extract-features', june, '-o', file]);
    expect(result.code, result.stderr).toBe(0);
    const [header, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
    expect(header.split(',')).toEqual(expect.arrayContaining(trained.feature_names));
    expect(rows.length).toBeGreaterThan(trained.training_samples);
  });

  it('a date range trains on those days only', async () => {
    const result = await sandbox.run([
      'train',
      june,
      '--start-date',
      '2025-06-01',
      '--end-date',
      '2025-06-03',
      '--json',
    ]);
    expect(result.code, result.stderr).toBe(0);
    const { log_count, training_samples } = jsonOf<TrainResult>(result);
    expect(log_count).toBeGreaterThan(0);
    expect(log_count).toBeLessThan(12_000);
    expect(training_samples).toBeLessThan(trained.training_samples);
  });

  it('the same lines in every format are the same export', async () => {
    const reports = await Promise.all(
      (['json-logs', 'json-exporter', 'ndjson', 'csv'] as const).map(async (format) => {
        const file = await writeSampleExport(sandbox.path(`same.${format === 'csv' ? 'csv' : format}`), {
          format,
        });
        const result = await sandbox.run(['validate', file, '--json']);
        expect(result.code, result.stderr).toBe(0);
        return jsonOf<{ stats: Record<string, unknown> }>(result).stats;
      }),
    );
    for (const stats of reports) {
      // What the rest of a CSV leaves out is read from the syslog header of each line.
      for (const key of [
        'log_count',
        'valid_logs',
        'wifi_logs',
        'start',
        'end',
        'devices',
        'programs',
        'levels',
      ]) {
        expect(stats[key], key).toEqual(reports[0][key]);
      }
    }
  });
});
