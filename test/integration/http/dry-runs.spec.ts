import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { buildTrainedModel } from '../../support/trained-model.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { sha256Hex } from '../../../src/shared/digest.js';

const TEXT = '{"logs":[]}';

describe('a dry run', () => {
  const directory = temporaryDirectory('dry-runs');
  const exportsDir = join(directory, 'exports');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('dry_runs', directory);
    port = await listen(application);
    writeFileSync(join(exportsDir, 'ok.json'), TEXT);
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}/api/v1`);
  /** Rows of every table that a request could change, and the files. */
  const state = async (): Promise<unknown> => {
    const counts: object[] = await application.dataSource.query(
      `SELECT (SELECT count(*) FROM exports) AS exports, (SELECT count(*) FROM training_runs) AS runs,
         (SELECT json_agg(e.status ORDER BY e.id) FROM exports e) AS statuses, (SELECT count(*) FROM audit_log) AS audit`,
    );
    return [counts, readdirSync(exportsDir).sort()];
  };

  it('of a training checks everything and says what would be trained; nothing is queued', async () => {
    const before = await state();
    const body = {
      export_file: 'exports/ok.json',
      model_name: 'night',
      config_overrides: { model: { n_estimators: 7 } },
    };
    const answer = await api().post('/training/train?dry_run=true').send(body);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      status: 'would_queue',
      model_name: 'night',
      files: ['ok.json'],
      feature_set: 'wifi',
      deploy: false,
    });
    const plain = await api().post('/training/train?dry_run=true').send({ export_file: 'ok.json' });
    expect((plain.body as { config_hash: string }).config_hash).not.toBe(
      (answer.body as { config_hash: string }).config_hash,
    );
    expect(await state()).toEqual(before);
  });

  it.each([
    [{ export_file: '../x' }, 'export_not_allowed'],
    [{ export_file: 'ok.json', config_overrides: { model: { n_estimators: -1 } } }, 'config_invalid'],
    [{ export_file: 'ok.json', start_date: 'x' }, 'validation_failed'],
  ])('of the training %j is refused as the training would be', async (body, code) => {
    expectProblem(await api().post('/training/train?dry_run=true').send(body), 422, code);
  });

  it('of an upload and of a registration tells size and hash, and keeps nothing', async () => {
    const before = await state();
    const form = await api().post('/exports?dry_run=true').attach('file', Buffer.from(TEXT), 'june.json');
    const expected = { size_bytes: TEXT.length, sha256: sha256Hex(TEXT) };
    expect(form.status, form.text).toBe(200);
    expect(form.body).toEqual({ status: 'would_create', export_file: 'june.json', ...expected });
    const path = await api().post('/exports?dry_run=true').send({ export_file: 'ok.json' });
    expect(path.body).toEqual({ status: 'would_create', export_file: 'ok.json', ...expected });
    expectProblem(
      await api().post('/exports?dry_run=true').send({ export_file: 'absent' }),
      422,
      'export_not_allowed',
    );
    expect(await state()).toEqual(before);
  });

  it('of a validation stores no report, of a deletion deletes nothing', async () => {
    const made = await api().post('/exports').send({ export_file: 'ok.json' });
    const { export_id: id } = made.body as { export_id: string };
    const before = await state();
    const report = await api().post(`/exports/${id}/validate?dry_run=true`);
    expect(report.body).toMatchObject({ is_valid: false });
    const deletion = await api().delete(`/exports/${id}?dry_run=true`);
    expect(deletion.status).toBe(200);
    expect(deletion.body).toMatchObject({ status: 'would_delete', export_file: 'ok.json' });
    expect((await api().get(`/exports/${id}`)).body).toMatchObject({ status: 'available', validation: null });
    expect(await state()).toEqual(before);
    expect((await api().delete(`/exports/${id}`)).status).toBe(204);
    expectProblem(await api().delete(`/exports/${id}?dry_run=true`), 404, 'not_found');
  });

  it('of giving up an upload leaves it, and needs it to be there', async () => {
    const sha256 = sha256Hex('abcdef');
    const path = `/exports/uploads/${sha256}`;
    expectProblem(await api().delete(`${path}?dry_run=true`), 404, 'not_found');
    const part = await api()
      .patch(path)
      .set({ 'content-type': 'application/octet-stream', 'upload-offset': '0', 'upload-length': '6' })
      .send(Buffer.from('abc'));
    expect(part.status, part.text).toBe(204);
    expect((await api().delete(`${path}?dry_run=true`)).status).toBe(204);
    expect((await api().head(path)).headers['upload-offset']).toBe('3');
    expect((await api().delete(path)).status).toBe(204);
    expect((await api().head(path)).headers['upload-offset']).toBe('0');
  });

  it('of a part of an upload looks at the headers and reads no body', async () => {
    const content = 'uvwxyz';
    const path = `/exports/uploads/${sha256Hex(content)}`;
    const send = (offset: number, dryRun: boolean, body: string) =>
      api()
        .patch(`${path}?file_name=part.json&dry_run=${String(dryRun)}`)
        .set({
          'content-type': 'application/octet-stream',
          'upload-offset': String(offset),
          'upload-length': '6',
        })
        .send(Buffer.from(body));
    const first = await send(0, true, content);
    expect(first.status, first.text).toBe(200);
    expect(first.body).toEqual({ status: 'would_append', upload_offset: 0, upload_length: 6 });
    expect((await api().head(path)).headers['upload-offset']).toBe('0');
    const wrong = expectProblem(await send(3, true, 'xyz'), 409, 'conflict');
    expect(pointers(wrong)).toEqual(['Upload-Offset']);
    expect((await send(0, false, content)).status).toBe(201);
    expect((await send(0, true, content)).body).toMatchObject({ status: 'already_here' });
  });

  it('of taking a deletion back shows the version, which stays deleted', async () => {
    const registry = application.app.get(ModelRegistryService, { strict: false });
    const actor = { name: 'test', reason: null };
    const made = await registry.register(buildTrainedModel(), '%Y%m%d_%H%M%S', Date.UTC(2024, 0, 1), actor);
    const { version } = made.model;
    const undelete = (query: string) => api().post(`/models/${version}/undelete${query}`);
    expectProblem(await undelete('?dry_run=true'), 404, 'not_found');
    expect((await api().delete(`/models/${version}`)).status).toBe(204);
    const before = await state();
    const dry = await undelete('?dry_run=true');
    expect(dry.status, dry.text).toBe(200);
    expect(dry.body).toMatchObject({ version, status: 'available' });
    expect(await state()).toEqual(before);
    expectProblem(await api().get(`/models/${version}`), 404, 'not_found');
    expect((await undelete('')).body).toEqual(dry.body);
  });

  it('of a cancellation shows the run as it is', async () => {
    const made = await api().post('/training/train').send({ export_file: 'ok.json' });
    const { training_id: id } = made.body as { training_id: string };
    const dry = await api().post(`/training/${id}/cancel?dry_run=true`);
    expect(dry.status).toBe(200);
    expect((await api().get(`/training/status/${id}`)).body).toMatchObject({ status: 'queued' });
    expect((await api().post(`/training/${id}/cancel`)).status).toBe(202);
  });

  it.each(['maybe', '1', '', 'TRUE'])('is true or false, and not %j', async (word) => {
    const answer = await api().post(`/training/train?dry_run=${word}`).send({ export_file: 'ok.json' });
    expect(pointers(expectProblem(answer, 422, 'validation_failed'))).toEqual(['/dry_run']);
  });
});
