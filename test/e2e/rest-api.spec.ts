import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { JULY, writeSampleExport } from './sample-exports.js';
import { multipart, Service, type ServerEvent } from './service.js';

const API = '/api/v1';
const TERMINAL = new Set(['completed', 'failed', 'cancelled', 'rejected']);
const ZULU = /Z$/;

interface Run {
  readonly training_id: string;
  readonly status: string;
  readonly progress: number;
  readonly step: string;
  readonly version: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
  readonly error: { code: string; message: string } | null;
}

interface Export {
  readonly export_id: string;
  readonly export_file: string;
  readonly status: string;
}

describe('the REST API, from upload to prediction', () => {
  let sandbox: CliSandbox;
  let service: Service;
  let uploaded: Export;
  let trainingId: string;
  let events: ServerEvent[];
  let version: string;

  const status = async (id: string): Promise<Run> =>
    (await service.get<Run>(`${API}/training/status/${id}`)).body;
  const isLast = (event: ServerEvent): boolean =>
    TERMINAL.has(String(event.data['status'])) || event.event === 'done';
  const train = async (body: object, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await service.post<{ training_id: string }>(`${API}/training/train`, body, headers);
    expect(answer.status, answer.text).toBe(202);
    return answer.body.training_id;
  };
  const finished = async (id: string): Promise<Run> => {
    await service.events(`${API}/training/${id}/events`, isLast);
    return status(id);
  };

  beforeAll(async () => {
    sandbox = await CliSandbox.create('rest');
    await writeSampleExport(join(sandbox.exportsDir, 'july.json'), JULY);
    service = await Service.start(sandbox);
    const june = await writeSampleExport(sandbox.path('june.json'));
    const upload = await service.post<Export>(`${API}/exports`, multipart('june.json', readFileSync(june)));
    expect(upload.status, upload.text).toBe(201);
    uploaded = upload.body;
    const accepted = await service.post<Run>(
      `${API}/training/train`,
      { export_id: uploaded.export_id, model_name: 'wifi' },
      { 'Idempotency-Key': 'first-training' },
    );
    expect(accepted.status, accepted.text).toBe(202);
    trainingId = accepted.body.training_id;
    expect(accepted.headers.get('location')).toContain(trainingId);
    events = await service.events(`${API}/training/${trainingId}/events`, isLast);
    version = (await status(trainingId)).version ?? '';
  });
  afterAll(async () => sandbox.cleanUp());

  it('the health probes answer, without a key and with no store in between', async () => {
    for (const probe of ['', '/live', '/ready', '/startup']) {
      const answer = await service.get(`${API}/health${probe}`);
      expect(answer.status, probe).toBe(200);
    }
  });

  it('an upload is listed, shown, and validated like on the command line', async () => {
    const listed = await service.get<{ items: Export[]; next_cursor: string | null }>(`${API}/exports`);
    expect(listed.body.items.map(({ export_id }) => export_id)).toContain(uploaded.export_id);
    expect(listed.body).toHaveProperty('next_cursor');
    const shown = await service.get<Export>(`${API}/exports/${uploaded.export_id}`);
    expect(shown.body).toMatchObject({ export_id: uploaded.export_id, file_name: 'june.json' });
    const validated = await service.post(`${API}/exports/${uploaded.export_id}/validate`);
    expect(validated.status, validated.text).toBe(200);
    const cli = await sandbox.run(['validate', sandbox.path('june.json'), '--json']);
    const report = jsonOf<{ stats: object }>(cli);
    expect(validated.body).toMatchObject({ is_valid: true, stats: report.stats });
  });

  it('the events of a run count up through the steps to the end, each with an id', () => {
    const percents = events.map(({ data }) => Number(data['progress']));
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
    expect(percents).toEqual(expect.arrayContaining([5, 10, 30, 50, 70, 85, 95, 100]));
    expect(events.every(({ id }) => id !== '')).toBe(true);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  it('a reader that comes back with Last-Event-ID gets what it has missed, and nothing twice', async () => {
    const seen = events[Math.floor(events.length / 2)];
    const rest = await service.events(`${API}/training/${trainingId}/events`, isLast, {
      'Last-Event-ID': seen.id,
    });
    expect(rest.map(({ id }) => id)).toEqual(events.slice(events.indexOf(seen) + 1).map(({ id }) => id));
    const again = await service.events(`${API}/training/${trainingId}/events`, isLast);
    expect(again.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  it('the status tells the same: completed, 100, times in UTC, a version', async () => {
    const run = await status(trainingId);
    expect(run).toMatchObject({ training_id: trainingId, status: 'completed', progress: 100, error: null });
    expect(run.created_at).toMatch(ZULU);
    expect(run.finished_at).toMatch(ZULU);
    expect(sandbox.versionDirectories()).toContain(version);
    const runs = await service.get<{ items: Run[] }>(`${API}/training/runs`);
    expect(runs.body.items.map(({ training_id }) => training_id)).toContain(trainingId);
    const report = await service.get(`${API}/training/${trainingId}/report`);
    expect(report.status).toBe(200);
    expect(report.text).toContain('injected');
  });

  it('latest, deployed and stats are not taken for versions', async () => {
    const latest = await service.get(`${API}/models/latest`);
    expect(latest.body).toMatchObject({ version, model_name: 'wifi', status: 'available' });
    const deployed = await service.get(`${API}/models/deployed`);
    expect(deployed.status).toBe(404);
    expect(deployed.body).toMatchObject({ code: 'not_found' });
    expect((await service.get(`${API}/models/stats`)).body).toMatchObject({ total: 1 });
    expect((await service.get(`${API}/models/latest?model=nobody`)).status).toBe(404);
    const one = await service.get(`${API}/models/${version}`);
    expect(one.body).toMatchObject({ version, training_id: trainingId });
    const all = await service.get<{ items: { version: string }[] }>(`${API}/models`);
    expect(all.body.items.map((item) => item.version)).toEqual([version]);
  });

  it('a dry run of a deployment changes nothing, the deployment itself does', async () => {
    const dry = await service.post(`${API}/models/${version}/deploy?dry_run=true`, {});
    expect(dry.status, dry.text).toBe(200);
    expect(existsSync(join(sandbox.dataDir, 'deployed', 'wifi_model_active.joblib'))).toBe(false);
    expect((await service.get(`${API}/models/deployed`)).status).toBe(404);

    expect((await service.post(`${API}/models/${version}/deploy`, {})).status).toBe(428);
    const seen = (await service.get(`${API}/models/${version}`)).headers.get('etag') ?? '';
    const real = await service.post(`${API}/models/${version}/deploy`, {}, { 'If-Match': seen });
    expect(real.status, real.text).toBe(200);
    expect(real.body).toMatchObject({ version, status: 'deployed', target: 'default' });
    expect(realpathSync(join(sandbox.dataDir, 'deployed', 'wifi_model_active.joblib'))).toContain(version);
    expect((await service.get(`${API}/models/deployed`)).body).toMatchObject({ version, status: 'deployed' });
  });

  it('predict answers with the numbers of score, and the command line works beside the service', async () => {
    const answer = await service.post<{ windows: object[] }>(`${API}/models/${version}/predict`, {
      export_file: 'exports/july.json',
    });
    expect(answer.status, answer.text.slice(0, 500)).toBe(200);
    const scored = await sandbox.run([
      'score',
      join(sandbox.exportsDir, 'july.json'),
      '--version',
      version,
      '--json',
    ]);
    expect(answer.body).toEqual(jsonOf(scored));
  });

  it('the same Idempotency-Key starts nothing new; the key with another body is refused', async () => {
    const body = { export_id: uploaded.export_id, model_name: 'wifi' };
    expect(await train(body, { 'Idempotency-Key': 'first-training' })).toBe(trainingId);
    const other = await service.post(
      `${API}/training/train`,
      { ...body, model_name: 'other' },
      { 'Idempotency-Key': 'first-training' },
    );
    expect([409, 422]).toContain(other.status);
    expect((await service.get<{ items: unknown[] }>(`${API}/training/runs`)).body.items).toHaveLength(1);
  });

  it('export_file with the leading directory of the seeds, a date range and --deploy in one request', async () => {
    const id = await train({
      export_file: 'exports/july.json',
      start_date: '2025-07-01',
      end_date: '2025-07-03',
      deploy: true,
    });
    const run = await finished(id);
    expect(run.status, JSON.stringify(run.error)).toBe('completed');
    const deployed = await service.get(`${API}/models/deployed`);
    expect(deployed.body).toMatchObject({ version: run.version, training_id: id });
    expect((await service.get(`${API}/models/${version}`)).body).toMatchObject({ status: 'archived' });
  });

  it('a run that cannot train ends as failed, with the code and the reason', async () => {
    const small = await service.post<Export>(
      `${API}/exports`,
      multipart(
        'small.json',
        JSON.stringify({ logs: [{ timestamp: '2025-06-01T00:00:00Z', message: 'x', device_id: 1 }] }),
      ),
    );
    const run = await finished(await train({ export_id: small.body.export_id }));
    expect(run).toMatchObject({ status: 'failed', version: null });
    expect(run.error?.code).toMatch(/not_enough_data|export_invalid/);
    expect(run.error?.message).toMatch(/288/);
    // What a client reads names files, not the places where the service keeps them.
    expect(run.error?.message).not.toContain(sandbox.directory);
  });

  it('a running training is cancelled within two seconds and leaves nothing', async () => {
    const before = sandbox.modelEntries();
    const id = await train({
      export_id: uploaded.export_id,
      config_overrides: { model: { n_estimators: 5000 } },
    });
    await service.events(`${API}/training/${id}/events`, ({ data }) => Number(data['progress']) >= 70);
    const asked = performance.now();
    const cancelled = await service.post(`${API}/training/${id}/cancel`);
    expect(cancelled.status, cancelled.text).toBe(202);
    const run = await finished(id);
    expect(run.status).toBe('cancelled');
    expect(performance.now() - asked).toBeLessThan(3000);
    expect(sandbox.modelEntries()).toEqual(before);
    const again = await service.post(`${API}/training/${id}/cancel`);
    expect([200, 202, 409]).toContain(again.status);
    expect((await status(id)).status).toBe('cancelled');
  });

  it('metrics are in the exposition format', async () => {
    const answer = await service.get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^# TYPE \w+ (counter|gauge|histogram)$/m);
  });

  it('metrics tell of the trainings of this service and of what they read', async () => {
    const { text } = await service.get('/metrics');
    expect(text).toMatch(/^mcp_training_train_runs_total\{outcome="(completed|rejected)"\} [1-9]/m);
    expect(text).toMatch(/^mcp_training_train_runs_total\{outcome="cancelled"\} 1$/m);
    expect(text).toMatch(/^mcp_training_train_step_duration_seconds_count\{step="train"\} [1-9]/m);
    expect(text).toMatch(/^mcp_training_export_records_total\{result="valid"\} [1-9]\d{3}/m);
    expect(text).toMatch(/^mcp_training_train_jobs\{state="cancelled"\} 1$/m);
  });

  it('runs and models survive SIGTERM and a new start; SIGTERM ends the service with 0', async () => {
    const stopped = performance.now();
    const result = await service.stop('SIGTERM');
    expect(result.code, service.log).toBe(0);
    expect(performance.now() - stopped).toBeLessThan(30_000);
    service = await Service.start(sandbox);
    expect(await status(trainingId)).toMatchObject({ status: 'completed', version });
    const replay = await service.events(`${API}/training/${trainingId}/events`, isLast);
    expect(replay.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect((await service.get(`${API}/models/deployed`)).status).toBe(200);
  });

  it('a training under way when the service is told to stop ends well after the next start', async () => {
    const id = await train({
      export_id: uploaded.export_id,
      config_overrides: { model: { n_estimators: 1500 } },
    });
    await service.events(`${API}/training/${id}/events`, ({ data }) => Number(data['progress']) >= 30);
    const result = await service.stop('SIGTERM');
    expect(result.code, service.log).toBe(0);
    expect(sandbox.modelEntries().filter((name) => name.startsWith('.tmp-'))).toEqual([]);
    service = await Service.start(sandbox);
    const run = await finished(id);
    // Finished before the stop, or carried out by the next process: accepted work has one good end.
    expect(run.status, JSON.stringify(run.error)).toBe('completed');
  });

  it('a deleted export is gone from list and disk; its models stay', async () => {
    const before = readdirSync(sandbox.exportsDir).length;
    const deleted = await service.send('DELETE', `${API}/exports/${uploaded.export_id}`, undefined);
    expect(deleted.status, deleted.text).toBe(204);
    expect((await service.get(`${API}/exports/${uploaded.export_id}`)).status).toBe(404);
    expect(readdirSync(sandbox.exportsDir)).toHaveLength(before - 1);
    expect((await service.get(`${API}/models/${version}`)).status).toBe(200);
  });
});
