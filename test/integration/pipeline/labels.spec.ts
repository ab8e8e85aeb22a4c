import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSample, sampleLabels, type SampleOptions } from '../../../src/export/core/sample-export.js';
import { LOG_LEVELS } from '../../../src/export/core/log-record.js';
import { formatTimestamp } from '../../../src/export/core/timestamp.js';
import { ModelEvaluationService } from '../../../src/pipeline/model-evaluation.service.js';
import type { NewThreshold } from '../../../src/pipeline/new-threshold.js';
import { runConfig } from '../../../src/pipeline/run-config.js';
import { ThresholdFlowService, type ThresholdResult } from '../../../src/pipeline/threshold-flow.service.js';
import { TrainingPipelineService } from '../../../src/pipeline/training-pipeline.service.js';
import type { TrainingRequest } from '../../../src/pipeline/training-request.js';
import { trainingResult, type TrainingResult } from '../../../src/pipeline/training-result.js';
import { withRunOverrides } from '../../../src/platform/config/run-overrides.js';
import { VERSION_FILES } from '../../../src/registry/core/version-files.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const SAMPLE: SampleOptions = {
  entries: 24_000,
  days: 10,
  devices: 3,
  seed: 9,
  startMs: Date.UTC(2024, 0, 1),
  anomalies: true,
};
const LABELS = sampleLabels(SAMPLE);
const ACTOR = { name: 'test', reason: null };

/** @param attack whether each record says if it belongs to an anomaly */
function exportText(attack = false): string {
  const spans = LABELS.filter(({ is_anomaly }) => is_anomaly === 1).map(({ device_id, start, end }) => ({
    device_id,
    from: Date.parse(start),
    to: Date.parse(end),
  }));
  const isAttack = (id: number, time: number): boolean =>
    spans.some(({ device_id, from, to }) => device_id === id && from <= time && time < to);
  const logs = Array.from(generateSample(SAMPLE), ({ device, timestampMs, level, program, message }) => ({
    ...(attack ? { attack: isAttack(device.id, timestampMs) } : {}),
    device_id: device.id,
    timestamp: formatTimestamp(timestampMs),
    log_level: LOG_LEVELS[level],
    process_name: program,
    message,
  }));
  return JSON.stringify({ logs });
}

describe('real labels', () => {
  const directory = temporaryDirectory('labels');
  let application: TestApplication;
  let registry: ModelRegistryService;
  let port = 0;
  let trained: TrainingResult;

  const path = (file: string): string => join(directory, 'exports', file);
  const named = (name: string) => ({ path: path(name), name });
  const judged = { selection: { files: [named('logs.json')] }, maxWindows: 1_000_000, labelColumn: null };

  async function train(
    change: Partial<TrainingRequest> = {},
    overrides: object = {},
  ): Promise<TrainingResult> {
    const pipeline = application.app.get(TrainingPipelineService, { strict: false });
    const asked: TrainingRequest = {
      files: [named('logs.json')],
      modelName: 'wifi',
      startMs: null,
      endMs: null,
      programs: null,
      configOverrides: null,
      noFollow: true,
      deploy: false,
      outputDir: null,
      ...change,
    };
    const trainingId = randomUUID();
    const config = runConfig(withRunOverrides(application.config, overrides, {}));
    const outcome = await pipeline.train(asked, config, ACTOR, {
      trainingId,
      signal: new AbortController().signal,
      step: () => Promise.resolve(),
      fraction: () => undefined,
    });
    return trainingResult(trainingId, outcome, outcome.model.storageKey);
  }

  const config = () => runConfig(application.config);
  const setThreshold = (threshold: NewThreshold) =>
    application.app
      .get(ThresholdFlowService, { strict: false })
      .setThreshold({ version: trained.version, threshold, labels: null, ...judged }, config(), ACTOR);

  beforeAll(async () => {
    application = await startApplication('labels', directory);
    registry = application.app.get(ModelRegistryService, { strict: false });
    port = await listen(application);
    writeFileSync(path('logs.json'), exportText());
    writeFileSync(path('labelled.json'), exportText(true));
    writeFileSync(path('labels.json'), JSON.stringify({ episodes: LABELS }));
    const unknown = { ...LABELS[0], device_id: 77, device: 'attic' };
    writeFileSync(path('more.json'), JSON.stringify({ episodes: [...LABELS, unknown] }));
    writeFileSync(path('wrong.json'), JSON.stringify({ episodes: [{ ...LABELS[0], start: 'noon' }] }));
    trained = await train({ labels: named('more.json') });
  });
  afterAll(() => application.close());

  const report = (version: string) =>
    (
      JSON.parse(readFileSync(registry.store.path(version) + `/${VERSION_FILES.report}`, 'utf8')) as {
        evaluation: Record<string, never>;
      }
    ).evaluation;

  it('are measured on the held-out part of a training, beside planted anomalies', () => {
    expect(trained.label_source).toBe('injected');
    const truth = trained.ground_truth!;
    const anomalous = LABELS.filter(({ is_anomaly }) => is_anomaly === 1).length;
    expect(truth).toMatchObject({
      label_source: 'ground_truth',
      labels: {
        kind: 'labels_file',
        name: 'more.json',
        entries: LABELS.length + 1,
        unknown_devices: ['attic'],
      },
      episodes: { label_source: 'ground_truth' },
      at_alert_budget: { label_source: 'ground_truth', alerts_per_day_per_device: 3 },
    });
    // The held-out part is a fifth of ten days; the episodes of the other days, and of the unknown device, lie outside.
    expect(truth.episodes!.episodes).toBeGreaterThan(0);
    expect(truth.episodes!.episodes + truth.episodes!.episodes_outside).toBe(anomalous + 1);
    expect(trained.warnings.join()).toContain('names devices that are not in the export: attic.');
    expect(trained.gate.checks.find(({ id }) => id === 'E')?.skipped).toBe(false);
  });

  it('do not change a byte of the model, and stand in its lineage by their hash', async () => {
    const plain = await train();
    expect(plain.model_sha256).toBe(trained.model_sha256);
    expect(plain.ground_truth).toBeNull();
    const { lineage } = await registry.get(trained.version);
    expect(lineage).toMatchObject({ selection: { labels: { name: 'more.json' } } });
  });

  it('may stand in a field of the records', async () => {
    const overrides = { evaluation: { label_field: 'attack' } };
    const result = await train({ files: [named('labelled.json')] }, overrides);
    expect(result.model_sha256).toBe(trained.model_sha256);
    expect(result.ground_truth).toMatchObject({
      label_source: 'ground_truth',
      labels: { kind: 'label_field', name: 'attack' },
      basic_metrics: { label_source: 'ground_truth' },
    });
    // A silence has no lines that could say so: the file knows of windows that the field cannot mark.
    expect(result.ground_truth!.basic_metrics!.anomalous_rows).toBeLessThanOrEqual(
      trained.ground_truth!.basic_metrics!.anomalous_rows,
    );
    const both = train({ files: [named('labelled.json')], labels: named('labels.json') }, overrides);
    await expect(both).rejects.toMatchObject({ code: 'usage' });
  });

  it('are counted in each fold of the cross-validation too', () => {
    expect(report(trained.version)).toMatchObject({
      cross_validation: {
        label_source: 'injected',
        method: 'rolling_origin',
        ground_truth_summary: { label_source: 'ground_truth' },
      },
    });
  });

  it('judge a registered version on a whole export, and nothing of it changes', async () => {
    const before = registry.store.list();
    const result = await application.app
      .get(ModelEvaluationService, { strict: false })
      .evaluate({ version: trained.version, labels: named('labels.json'), ...judged }, config(), {});
    const anomalous = LABELS.filter(({ is_anomaly }) => is_anomaly === 1).length;
    expect(result.ground_truth?.episodes).toMatchObject({ episodes: anomalous, episodes_outside: 0 });
    expect(result).toMatchObject({
      version: trained.version,
      label_source: 'injected',
      threshold: trained.threshold,
    });
    expect(result.gate.checks.find(({ id }) => id === 'C')?.skipped).toBe(true);
    expect(result.gate.checks.filter(({ passed }) => !passed).map(({ id }) => id)).not.toContain('D');
    expect(result.window_count).toBeGreaterThan(8_000);
    expect(registry.store.list()).toEqual(before);
    await expect(registry.verify(trained.version)).resolves.toMatchObject({ passed: true });
  });

  it('come over REST from the exports directory only', async () => {
    const url = `http://127.0.0.1:${port}`;
    const evaluate = (labels: string) =>
      request(url)
        .post(`/api/v1/models/${trained.version}/evaluate`)
        .send({ export_file: 'logs.json', labels_file: labels });
    const answer = await evaluate('exports/labels.json');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ground_truth: { labels: { name: 'labels.json' } } });
    expectProblem(await evaluate('../data/labels.json'), 422, 'export_not_allowed');
    const wrong = await evaluate('wrong.json');
    expectProblem(wrong, 422, 'validation_failed');
    expect(JSON.stringify(wrong.body)).toContain('episode 1, key \\"start\\": found \\"noon\\"');
    const refused = await request(url)
      .post('/api/v1/training/train')
      .send({ export_file: 'logs.json', labels_file: '/etc/passwd' });
    expectProblem(refused, 422, 'export_not_allowed');
  });

  describe('another threshold', () => {
    it('is a version of its own: same forest, other offset, named parent, as if trained so', async () => {
      const child = await setThreshold({ policy: 'contamination', value: 0.05 });
      expect(child).toMatchObject({ parent_version: trained.version, policy: 'contamination', value: 0.05 });
      expect(child.threshold).toBeLessThan(trained.threshold);
      const same = [
        VERSION_FILES.forest,
        VERSION_FILES.scaler,
        VERSION_FILES.featureSpec,
        VERSION_FILES.baseline,
      ];
      for (const file of same) expect(child.artifacts[file], file).toBe(trained.artifacts[file]);
      expect(child.model_sha256).not.toBe(trained.model_sha256);
      const asTrained = await train({}, { model: { contamination: 0.05 } });
      expect(child.model_sha256).toBe(asTrained.model_sha256);
      expect((await registry.get(child.version)).parentVersion).toBe(trained.version);
      await expect(registry.verify(child.version)).resolves.toMatchObject({ passed: true });
    });

    it('may be a budget of alerts a day for each device', async () => {
      const child = await setThreshold({ policy: 'alert_budget', value: 5 });
      const asTrained = await train(
        {},
        { model: { threshold: { policy: 'alert_budget', alerts_per_day: 5 } } },
      );
      expect(child.model_sha256).toBe(asTrained.model_sha256);
      // Five of the 288 windows of a day, whatever the number of devices: the same as that contamination.
      const share = await setThreshold({ policy: 'contamination', value: 5 / 288 });
      expect(share.threshold).toBe(child.threshold);
    });

    it('may be a score, over REST', async () => {
      const answer = await request(`http://127.0.0.1:${port}`)
        .post(`/api/v1/models/${trained.version}/threshold`)
        .send({ export_file: 'logs.json', policy: 'explicit', value: 0.61 });
      expect(answer.status).toBe(201);
      expect(answer.body).toMatchObject({ threshold: 0.61, parent_version: trained.version });
      const dry = await request(`http://127.0.0.1:${port}`)
        .post(`/api/v1/models/${trained.version}/threshold?dry_run=true`)
        .send({ export_file: 'logs.json', policy: 'explicit', value: 0.61 });
      expect(dry.status, dry.text).toBe(200);
      const { version, status, artifacts, model_sha256: hash, ...rest } = answer.body as ThresholdResult;
      expect([version, hash, Object.keys(artifacts).length]).not.toContain(undefined);
      expect(dry.body).toEqual({ ...rest, status: 'would_register', model_status: status });
      expect(await registry.children(trained.version)).toContain(version);
      const before = await registry.children(trained.version);
      await request(`http://127.0.0.1:${port}`)
        .post(`/api/v1/models/${trained.version}/threshold?dry_run=true`)
        .send({ export_file: 'logs.json', policy: 'explicit', value: 0.6 });
      expect(await registry.children(trained.version)).toEqual(before);
      const refused = await request(`http://127.0.0.1:${port}`)
        .post(`/api/v1/models/${trained.version}/threshold`)
        .send({ export_file: 'logs.json', policy: 'contamination', value: 0.7 });
      expectProblem(refused, 422, 'validation_failed');
    });
  });
});
