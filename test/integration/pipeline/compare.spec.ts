import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonResult } from '../../../src/pipeline/compare-flow.service.js';
import { runConfig } from '../../../src/pipeline/run-config.js';
import { TrainingPipelineService } from '../../../src/pipeline/training-pipeline.service.js';
import { withRunOverrides } from '../../../src/platform/config/run-overrides.js';
import { expectProblem, listen } from '../../support/http.js';
import { startWithModel, type ApplicationWithModel } from '../../support/imported-application.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

describe('GET /models/{a}/compare/{b}', () => {
  const directory = temporaryDirectory('compare');
  let application: ApplicationWithModel;
  let port = 0;
  let other: string;
  let system: string;

  beforeAll(async () => {
    application = await startWithModel('compare', directory);
    port = await listen(application);
    other = await train({ model: { n_estimators: 20, random_state: 7 } });
    system = await train({ features: { set: 'system' } });
  });
  afterAll(() => application.close());

  async function train(overrides: object): Promise<string> {
    const pipeline = application.app.get(TrainingPipelineService, { strict: false });
    const { model } = await pipeline.train(
      {
        files: [application.exportFile],
        modelName: 'wifi',
        startMs: null,
        endMs: null,
        programs: null,
        configOverrides: null,
        noFollow: true,
        deploy: false,
        outputDir: null,
      },
      runConfig(withRunOverrides(application.config, overrides, {})),
      { name: 'test', reason: null },
      {
        trainingId: '00000000-0000-4000-8000-000000000002',
        signal: new AbortController().signal,
        step: () => Promise.resolve(),
        fraction: () => undefined,
      },
    );
    return model.version;
  }

  const compare = (a: string, b: string, query = '') =>
    request(`http://127.0.0.1:${port}`).get(`/api/v1/models/${a}/compare/${b}${query}`);

  it('compares the recorded reports without an export', async () => {
    const response = await compare(application.version, other);
    expect(response.status, response.text).toBe(200);
    const { recorded, on_export: found, same_features: same } = response.body as ComparisonResult;
    expect(found).toBeNull();
    expect(same).toBe(true);
    expect(recorded.same_inputs).toBe(true);
    const sources = new Set(recorded.metrics.map(({ label_source: source }) => source));
    expect([...sources]).toEqual(['injected', 'none']);
    for (const { a, b, delta } of recorded.metrics)
      expect(delta).toBe(a === null || b === null ? null : b - a);
  });

  it('scores the same windows with both, and plants the same anomalies for both', async () => {
    const response = await compare(application.version, other, '?export_file=june.json');
    expect(response.status, response.text).toBe(200);
    const found = (response.body as ComparisonResult).on_export!;
    expect(found.unmatched_windows).toBe(0);
    expect(found.metrics.map(({ label_source: source, metric }) => `${source} ${metric}`)).toEqual([
      'injected roc_auc',
      'injected average_precision',
    ]);
    expect(found.agreement.spearman).toBeGreaterThan(0.5);
    const {
      kept_alerts: kept,
      lost_alerts: lost,
      new_alerts: fresh,
      alerts_a: a,
      alerts_b: b,
    } = found.blast_radius;
    expect(kept + lost).toBe(a);
    expect(kept + fresh).toBe(b);
    const again = await compare(application.version, other, '?export_file=june.json');
    expect(again.body).toEqual(response.body);
  });

  it('matches the windows of versions with other features, and plants nothing', async () => {
    const response = await compare(application.version, system, '?export_file=june.json');
    expect(response.status, response.text).toBe(200);
    const { same_features: same, on_export: found } = response.body as ComparisonResult;
    expect(same).toBe(false);
    expect(found!.metrics).toEqual([]);
    expect(found!.blast_radius.windows).toBeGreaterThan(500);
  });

  it('measures with labels, each figure with its source, and counts episodes by kind', async () => {
    const { logs } = JSON.parse(readFileSync(application.exportFile.path, 'utf8')) as {
      logs: { device_id: string | number; timestamp: string }[];
    };
    const episode = (line: number, kind: string): object => {
      const { device_id: device, timestamp } = logs[line];
      const start = Date.parse(timestamp);
      const end = new Date(start + 3_600_000).toISOString();
      return { device_id: device, start: new Date(start).toISOString(), end, kind };
    };
    writeFileSync(
      join(directory, 'exports', 'labels.json'),
      JSON.stringify({ episodes: [episode(2000, 'evil_twin'), episode(6000, 'flood')] }),
    );
    const query = '?export_file=june.json&labels_file=labels.json';
    const response = await compare(application.version, other, query);
    expect(response.status, response.text).toBe(200);
    const found = (response.body as ComparisonResult).on_export!;
    expect(new Set(found.metrics.map(({ label_source: source }) => source))).toEqual(
      new Set(['ground_truth', 'injected']),
    );
    expect(found.episodes!.by_kind.map(({ kind }) => kind)).toEqual(['evil_twin', 'flood']);
  });

  it('refuses a version that does not exist and labels without an export', async () => {
    expectProblem(await compare(application.version, '20200101_000000'), 404, 'not_found');
    expectProblem(await compare(application.version, other, '?labels_file=x.json'), 422, 'validation_failed');
  });
});
