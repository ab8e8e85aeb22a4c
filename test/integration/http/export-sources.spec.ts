import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ValidationReport } from '../../../src/export/core/validation-report.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import { TrainingRunsService } from '../../../src/training/training-runs.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { asJson, sampleRows } from '../../support/sample-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

interface ExportBody {
  readonly export_id: string;
  readonly export_file: string;
  readonly source: string;
  readonly sha256: string;
}

describe('exports', () => {
  const directory = temporaryDirectory('sources');
  const exportsDir = join(directory, 'exports');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('sources', directory);
    port = await listen(application);
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}`);
  const register = (file: unknown) => api().post('/api/v1/exports').send({ export_file: file });

  describe('registered by their path', () => {
    it('are known by id, once, and stay when the export is deleted', async () => {
      mkdirSync(join(exportsDir, 'june'));
      writeFileSync(join(exportsDir, 'june', 'day1.json'), '{"logs":[]}');
      const first = await register('exports/june/day1.json');
      expect(first.status, first.text).toBe(201);
      const record = first.body as ExportBody;
      expect(record).toMatchObject({
        export_file: 'june/day1.json',
        file_name: 'june/day1.json',
        size_bytes: 11,
        sha256: sha256Hex('{"logs":[]}'),
        source: 'registered',
      });
      expect(first.headers.location).toBe(`/api/v1/exports/${record.export_id}`);
      const again = await register('june/day1.json');
      expect([again.status, (again.body as ExportBody).export_id]).toEqual([200, record.export_id]);
      expect((await api().delete(`/api/v1/exports/${record.export_id}`)).status).toBe(204);
      expect(existsSync(join(exportsDir, 'june', 'day1.json'))).toBe(true);
      expectProblem(await api().get(`/api/v1/exports/${record.export_id}`), 404, 'not_found');
    });

    it('that have changed since are another export', async () => {
      writeFileSync(join(exportsDir, 'growing.json'), '{"logs":[');
      const before = (await register('growing.json')).body as ExportBody;
      appendFileSync(join(exportsDir, 'growing.json'), ']}');
      const after = await register('growing.json');
      expect(after.status).toBe(201);
      expect((after.body as ExportBody).export_id).not.toBe(before.export_id);
      expectProblem(await api().get(`/api/v1/exports/${before.export_id}`), 404, 'not_found');
    });

    it.each(['../sources/secret', '/etc/passwd', 'link.json', 'nothing.json', '.tmp-half', 'june'])(
      'never lie outside: %j is refused like a file that does not exist',
      async (name) => {
        writeFileSync(join(exportsDir, '.tmp-half'), 'x');
        if (!existsSync(join(exportsDir, 'link.json')))
          symlinkSync('/etc/passwd', join(exportsDir, 'link.json'));
        expectProblem(await register(name), 422, 'export_not_allowed');
      },
    );

    it('need a body that says so', async () => {
      expect(pointers(expectProblem(await register(3), 422, 'validation_failed'))).toContain('/export_file');
      const unknown = await api().post('/api/v1/exports').send({ export_file: 'x', path: '/etc/passwd' });
      expect(pointers(expectProblem(unknown, 422, 'validation_failed'))).toEqual(['/path']);
      expectProblem(await api().post('/api/v1/exports').send([]), 422, 'validation_failed');
    });
  });

  describe('sent with their hash', () => {
    const send = (sha256: string, content: string) =>
      api().post('/api/v1/exports').field('sha256', sha256).attach('file', Buffer.from(content), 'h.json');

    it('are taken when it fits', async () => {
      expect((await send(sha256Hex('{}').toUpperCase(), '{}')).status).toBe(201);
    });

    it.each([sha256Hex('other'), 'abc'])('are refused and gone when it does not: %s', async (sha256) => {
      const before = readdirSync(exportsDir);
      expect(pointers(expectProblem(await send(sha256, '{}'), 422, 'validation_failed'))).toEqual([
        '/sha256',
      ]);
      expect(readdirSync(exportsDir)).toEqual(before);
    });
  });

  describe('validated in part', () => {
    const validate = async (id: string, body?: object) => {
      const response = await api().post(`/api/v1/exports/${id}/validate`).send(body);
      expect(response.status, response.text).toBe(200);
      return response.body as ValidationReport;
    };

    it('count the records of the days and programs that were asked for, and keep the report of the whole', async () => {
      const rows = sampleRows(2000);
      const { export_id: id } = (
        await api()
          .post('/api/v1/exports')
          .attach('file', Buffer.from(asJson(rows)), 'june.json')
      ).body as ExportBody;
      const whole = await validate(id);
      const [first] = whole.stats.programs;
      expect(whole.stats.valid_logs).toBe(2000);
      const one = await validate(id, { programs: [first.program] });
      expect(one.stats.programs).toEqual([first]);
      expect(first.logs).toBeLessThan(2000);
      const middle = (Date.parse(whole.stats.start!) + Date.parse(whole.stats.end!)) / 2;
      const some = await validate(id, { end_date: new Date(middle).toISOString() });
      const kept = some.stats.programs.reduce((sum, { logs }) => sum + logs, 0);
      expect(kept).toBeGreaterThan(0);
      expect(kept).toBeLessThan(2000);
      const { validation } = (await api().get(`/api/v1/exports/${id}`)).body as {
        validation: ValidationReport;
      };
      expect(validation.stats.valid_logs).toBe(2000);
    });

    it('train on those records only', async () => {
      writeFileSync(join(exportsDir, 'train.json'), '{"logs":[]}');
      const accepted = await api()
        .post('/api/v1/training/train')
        .send({ export_file: 'train.json', start_date: '2025-06-01', programs: ['hostapd', 'dnsmasq'] });
      expect(accepted.status, accepted.text).toBe(202);
      const { training_id: id } = accepted.body as { training_id: string };
      const run = await application.app.get(TrainingRunsService, { strict: false }).find(id);
      expect(run?.request).toMatchObject({
        startMs: Date.UTC(2025, 5, 1),
        endMs: null,
        programs: ['hostapd', 'dnsmasq'],
      });
    });

    it('refuse dates and programs that are none', async () => {
      const { export_id: id } = (
        await api().post('/api/v1/exports').attach('file', Buffer.from('{"logs":[]}'), 'few.json')
      ).body as ExportBody;
      const dates = await api()
        .post(`/api/v1/exports/${id}/validate`)
        .send({ start_date: 'x', end_date: '2025-02-30' });
      expect(pointers(expectProblem(dates, 422, 'validation_failed'))).toEqual(['/start_date', '/end_date']);
      const programs = await api().post(`/api/v1/exports/${id}/validate`).send({ programs: [] });
      expect(pointers(expectProblem(programs, 422, 'validation_failed'))).toEqual(['/programs']);
    });
  });
});

/** A file system of 1 MiB: what a full disk does is seen on a real one. Only root may mount it (Linux). */
function tinyDisk(path: string): boolean {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a disk that fills up', () => {
  const directory = temporaryDirectory('full');
  const exportsDir = join(directory, 'exports');
  const isMounted = tinyDisk(exportsDir);
  if (!isMounted)
    console.warn('A tmpfs cannot be mounted: the cases of a disk that is full over HTTP are SKIPPED.');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    if (!isMounted) return;
    application = await startApplication('full', directory);
    port = await listen(application);
  });
  afterAll(async () => {
    if (!isMounted) return;
    await application.close();
    execFileSync('umount', [exportsDir]);
  });

  const api = () => request(`http://127.0.0.1:${port}`);

  it.runIf(isMounted)('takes nothing of a form, says so, and goes on', async () => {
    const answer = await api()
      .post('/api/v1/exports')
      .attach('file', Buffer.alloc(3 << 20), 'big.json');
    expectProblem(answer, 507, 'disk_full');
    expect(readdirSync(exportsDir)).toEqual([]);
    const small = await api().post('/api/v1/exports').attach('file', Buffer.from('{}'), 'small.json');
    expect(small.status).toBe(201);
  });

  it.runIf(isMounted)('takes nothing of an upload in parts, and says so', async () => {
    const bytes = Buffer.alloc(3 << 20, 'x');
    const answer = await api()
      .patch(`/api/v1/exports/uploads/${sha256Hex(bytes)}`)
      .set('content-type', 'application/octet-stream')
      .set('upload-offset', '0')
      .set('upload-length', String(bytes.length))
      .send(bytes);
    expectProblem(answer, 507, 'disk_full');
    expect(readdirSync(exportsDir)).toEqual(['small.json']);
  });
});
