import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { METRIC_PREFIX, METRICS } from '../../../src/platform/metrics/metric-catalogue.js';
import { MetricSamples } from '../../../src/platform/metrics/metric-samples.js';
import { Observations } from '../../../src/platform/metrics/observations.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen } from '../../support/http.js';
import { promtool, runPromtool } from '../../support/promtool.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const RUN = `INSERT INTO training_runs (id, model_name, status, step, request, config, config_hash, origin, created_at, lease_expires_at)
  VALUES ($1, 'wifi', $2, 's', '{}', '{}', 'h', 'api', now() - make_interval(secs => $3), now() - interval '1 minute')`;

describe('GET /metrics', () => {
  const directory = temporaryDirectory('metrics');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('metrics', directory);
    port = await listen(application);
  });
  afterAll(() => application.close());
  beforeEach(() => {
    application.app.get(MetricSamples).forget();
  });

  const get = (path: string) => request(`http://127.0.0.1:${port}`).get(path);

  async function scrape(): Promise<string> {
    const { status, text, headers } = await get('/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    return text;
  }

  /** Labels -> value of one metric; keys are the label text. */
  async function values(name: string): Promise<Record<string, number>> {
    const lines = (await scrape()).split('\n').filter((line) => new RegExp(`^${name}(\\{| )`).test(line));
    return Object.fromEntries(
      lines.map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(name.length, end), Number(line.slice(end + 1))];
      }),
    );
  }

  it('counts and times requests by the template of their route, not by their address', async () => {
    for (const id of ['20240101_000000', '20240101_000001']) await get(`/api/v1/models/${id}`);
    await get('/api/v1/health/live');
    const counted = await values('mcp_training_http_requests_total');
    expect(counted['{method="GET",route="/api/v1/models/:version",status="404"}']).toBe(2);
    expect(counted['{method="GET",route="/api/v1/health/live",status="200"}']).toBe(1);
    const timed = await values('mcp_training_http_request_duration_seconds_count');
    expect(timed['{method="GET",route="/api/v1/models/:version"}']).toBe(2);
    expect(await values('mcp_training_http_requests_in_flight')).toEqual({ '': 1 });
  });

  it('has one label for whatever nobody knows, however much is asked', async () => {
    const series = async (): Promise<number> =>
      (await scrape()).split('\n').filter((line) => line.startsWith('mcp_training_http_requests_total'))
        .length;
    await get('/nothing');
    const before = await series();
    for (let i = 0; i < 100; i++) await get(`/${randomUUID()}/api/v1/x?y=${i}`);
    expect(await series()).toBe(before);
    const counted = await values('mcp_training_http_requests_total');
    expect(counted['{method="GET",route="unmatched",status="404"}']).toBe(101);
  });

  it('shows the trainings by state, how long the oldest has waited, and the workers that are gone', async () => {
    const { dataSource } = application;
    for (const [status, age] of [
      ['queued', 90],
      ['queued', 30],
      ['running', 600],
      ['failed', 900],
    ])
      await dataSource.query(RUN, [randomUUID(), status, age]);
    const states = await values('mcp_training_train_jobs');
    expect(states).toEqual({
      '{state="queued"}': 2,
      '{state="running"}': 1,
      '{state="completed"}': 0,
      '{state="rejected"}': 0,
      '{state="failed"}': 1,
      '{state="cancelled"}': 0,
    });
    expect((await values('mcp_training_queue_oldest_age_seconds'))['']).toBeGreaterThanOrEqual(90);
    expect(await values('mcp_training_train_leases_expired')).toEqual({ '': 1 });
    await dataSource.query('DELETE FROM training_events');
    await dataSource.query('DELETE FROM training_runs');
    application.app.get(MetricSamples).forget();
    expect(await values('mcp_training_queue_oldest_age_seconds')).toEqual({ '': 0 });
  });

  it('names the deployed version of each model name', async () => {
    const { app, dataSource } = application;
    for (const modelName of ['wifi', 'other']) {
      const trained = { ...buildTrainedModel(), modelName };
      const actor = { name: 'test', reason: null };
      await app.get(ModelRegistryService).register(trained, '%Y%m%d_%H%M%S', Date.UTC(2024, 0, 1), actor);
    }
    expect(await values('mcp_training_model_champion_info')).toEqual({});
    app.get(MetricSamples).forget();
    await dataSource.query(`UPDATE model_versions SET status = 'deployed' WHERE model_name = 'wifi'`);
    expect(await values('mcp_training_model_champion_info')).toEqual({
      '{model="wifi",version="20240101_000000"}': 1,
    });
    expect(await values('mcp_training_model_versions')).toEqual({
      '{status="available"}': 1,
      '{status="deployed"}': 1,
    });
  });

  it('counts what the stages say about their work', async () => {
    const observations = application.app.get(Observations);
    observations.note({ kind: 'run_step', step: 'train', seconds: 3 });
    observations.note({ kind: 'run_ended', outcome: 'completed', seconds: 4 });
    observations.note({ kind: 'scored', rows: 100, anomalies: 3, seconds: 0.02 });
    observations.note({ kind: 'export_read', bytes: 4096, valid: 9, invalid: 1 });
    await request(`http://127.0.0.1:${port}`)
      .post('/api/v1/exports')
      .attach('file', Buffer.from('{"logs":[]}'), 'small.json');
    const text = await scrape();
    for (const line of [
      'mcp_training_train_step_duration_seconds_sum{step="train"} 3',
      'mcp_training_train_step_duration_seconds_bucket{le="2.5",step="train"} 0',
      'mcp_training_train_step_duration_seconds_bucket{le="5",step="train"} 1',
      'mcp_training_train_runs_total{outcome="completed"} 1',
      'mcp_training_train_runs_total{outcome="failed"} 0',
      'mcp_training_scored_rows_total 100',
      'mcp_training_scored_anomalies_total 3',
      'mcp_training_export_read_bytes_total 4096',
      'mcp_training_export_records_total{result="valid"} 9',
      'mcp_training_export_records_total{result="invalid"} 1',
      'mcp_training_export_stored_bytes_total{source="upload"} 11',
      'mcp_training_export_stored_files_total{source="upload"} 1',
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('says what runs, how late the event loop is, and what the process uses', async () => {
    const text = await scrape();
    expect(text).toMatch(
      /^mcp_training_build_info\{version="[\d.]+",node="v\d+[\d.]+",service="mcp-training"\} 1$/m,
    );
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^mcp_training_disk_free_bytes\{directory="models"\} \d+$/m);
    expect(text).toMatch(/^mcp_training_database_connections\{state="open"\} \d+$/m);
  });

  it('has every metric of the catalogue, with one prefix, and none beside those of the process', async () => {
    const families = [...(await scrape()).matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    const ours = families.filter(([name]) => !/^(process|nodejs)_/.test(name));
    expect(Object.fromEntries(ours)).toEqual(
      Object.fromEntries(Object.entries(METRICS).map(([name, { type }]) => [METRIC_PREFIX + name, type])),
    );
  });

  it.skipIf(promtool === undefined)('is accepted by promtool check metrics', async () => {
    const { status, output } = runPromtool(['check', 'metrics'], { input: await scrape() });
    expect(output).toBe('');
    expect(status).toBe(0);
    const bad = runPromtool(['check', 'metrics'], { input: '# TYPE x counter\nx 1\n' });
    expect(bad.status).not.toBe(0);
  });

  it('answers although a question to the database fails', async () => {
    const { dataSource } = application;
    await dataSource.query('ALTER TABLE training_runs RENAME TO away');
    try {
      const text = await scrape();
      expect(text).toContain('mcp_training_collector_success{collector="trainings"} 0');
      expect(text).toContain('mcp_training_collector_success{collector="disk"} 1');
      expect(text).not.toMatch(/^mcp_training_train_jobs\{/m);
    } finally {
      await dataSource.query('ALTER TABLE away RENAME TO training_runs');
    }
  });
});

describe('GET /metrics of a service without monitoring', () => {
  const directory = temporaryDirectory('metrics-off');
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication('metrics_off', directory, {
      env: { TRAINING_ENABLE_MONITORING: 'false' },
    });
  });
  afterAll(() => application.close());

  it('is not there', async () => {
    const port = await listen(application);
    const answer = await request(`http://127.0.0.1:${port}`).get('/metrics');
    expectProblem(answer, 404, 'not_found');
  });
});
