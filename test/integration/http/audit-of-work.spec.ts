import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunCreatorService } from '../../../src/pipeline/run-creator.service.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { listen } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const TEXT = '{"logs":[]}';
interface Line {
  readonly action: string;
  readonly actor: string;
  readonly from: unknown;
  readonly to: unknown;
}

describe('the audit log of exports and runs', () => {
  const directory = temporaryDirectory('audit-of-work');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('audit_of_work', directory);
    port = await listen(application);
    writeFileSync(join(directory, 'exports', 'ok.json'), TEXT);
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}/api/v1`);
  const linesOf = (id: string): Promise<Line[]> =>
    application.dataSource.query(
      `SELECT action, actor, from_state AS from, to_state AS to FROM audit_log WHERE entity_id = $1 ORDER BY sequence`,
      [id],
    );
  const upload = () => api().post('/exports').attach('file', Buffer.from(TEXT), 'up.json');
  const ACTOR = 'api:127.0.0.1';

  it('tells who uploaded and deleted an export', async () => {
    const { export_id: id } = (await upload()).body as { export_id: string };
    const state = { file_name: 'up.json', export_file: 'up.json', size_bytes: TEXT.length, source: 'upload' };
    const what = { ...state, sha256: sha256Hex(TEXT) };
    expect(await linesOf(id)).toEqual([{ action: 'export_uploaded', actor: ACTOR, from: null, to: what }]);
    expect((await api().delete(`/exports/${id}`)).status).toBe(204);
    expect((await linesOf(id)).slice(1)).toEqual([
      { action: 'export_deleted', actor: ACTOR, from: what, to: null },
    ]);
  });

  it('tells who registered a file, and not that it was registered again', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 2; i++) {
      const answer = await api().post('/exports').send({ export_file: 'ok.json' });
      ids.push((answer.body as { export_id: string }).export_id);
    }
    expect(ids[1]).toBe(ids[0]);
    expect(await linesOf(ids[0])).toMatchObject([{ action: 'export_registered', actor: ACTOR }]);
  });

  it('tells who started and who cancelled a run, once', async () => {
    const answer = await api().post('/training/train').send({ export_file: 'ok.json' });
    const { training_id: id } = answer.body as { training_id: string };
    for (let i = 0; i < 2; i++) expect((await api().post(`/training/${id}/cancel`)).status).toBe(202);
    expect(await linesOf(id)).toMatchObject([
      { action: 'training_started', actor: ACTOR, to: { model_name: 'wifi', origin: 'api' } },
      {
        action: 'training_cancelled',
        actor: ACTOR,
        from: { status: 'queued' },
        to: { cancel_requested: true },
      },
    ]);
  });

  it('has the line or there is no change: both are one transaction', async () => {
    const counts = async (): Promise<unknown> =>
      application.dataSource.query(
        `SELECT (SELECT json_agg(status ORDER BY id) FROM exports) AS exports, (SELECT count(*) FROM training_runs) AS runs`,
      );
    const { export_id: id } = (await upload()).body as { export_id: string };
    const before = await counts();
    await application.dataSource.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full'; END $$`,
    );
    await application.dataSource.query(
      `CREATE TRIGGER a_refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    try {
      expect((await upload()).status).toBe(500);
      expect((await api().delete(`/exports/${id}`)).status).toBe(500);
      expect((await api().post('/training/train').send({ export_file: 'ok.json' })).status).toBe(500);
    } finally {
      await application.dataSource.query('DROP TRIGGER a_refuse ON audit_log');
    }
    expect(await counts()).toEqual(before);
  });

  it('shows the schedule that began the training of a version, and its parent', async () => {
    const { app, config } = application;
    const schedule = { schedule_id: randomUUID(), name: 'nightly', tick_utc: '2026-11-20T02:00:00.000Z' };
    const files = [{ path: join(directory, 'exports', 'ok.json'), name: 'ok.json' }];
    const run = await app.get(RunCreatorService).create(
      {
        files,
        modelName: 'wifi',
        startMs: null,
        endMs: null,
        programs: null,
        configOverrides: null,
        noFollow: true,
        deploy: false,
        outputDir: null,
        schedule,
      },
      { origin: 'schedule', actor: 'schedule:nightly', idempotencyKey: null, config },
    );
    const registry = app.get(ModelRegistryService);
    const register = async (change: object, day: number): Promise<string> =>
      (
        await registry.register(buildTrainedModel(change), '%Y%m%d', Date.UTC(2024, 0, day), {
          name: 'test',
          reason: null,
        })
      ).model.version;
    const version = await register({ trainingId: run.trainingId }, 1);
    const child = await register({ trainingId: null, parentVersion: version }, 2);
    expect((await api().get(`/models/${version}/lineage`)).body).toMatchObject({
      parent_version: null,
      training: { training_id: run.trainingId, origin: 'schedule', schedule },
    });
    expect((await api().get(`/models/${child}/lineage`)).body).toMatchObject({
      parent_version: version,
      training: null,
    });
    expect(await linesOf(run.trainingId)).toMatchObject([{ actor: 'schedule:nightly' }]);
  });
});
