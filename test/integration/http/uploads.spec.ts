import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, INSIDE, listen } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const LIMIT = 2048;

describe('uploads', () => {
  const directory = temporaryDirectory('uploads');
  const exportsDir = join(directory, 'exports');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('uploads', directory, {
      overrides: { storage: { max_upload_bytes: LIMIT } },
    });
    port = await listen(application);
    writeFileSync(join(exportsDir, 'ok.json'), '{"logs":[]}');
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}`);
  const upload = () => api().post('/api/v1/exports');
  const files = () => readdirSync(exportsDir).sort();

  it('are stored, listed, and deleted again', async () => {
    const response = await upload().attach('file', Buffer.from('{"logs":[]}'), 'june.json');
    expect(response.status).toBe(201);
    const record = response.body as { export_id: string; export_file: string; size_bytes: number };
    expect(record).toMatchObject({ export_file: 'june.json', size_bytes: 11, file_name: 'june.json' });
    const again = await upload().attach('file', Buffer.from('{}'), 'june.json');
    expect(again.body).toMatchObject({ export_file: 'june_2.json', file_name: 'june.json' });
    expect((await api().delete(`/api/v1/exports/${record.export_id}`)).status).toBe(204);
    expect(existsSync(join(exportsDir, 'june.json'))).toBe(false);
    expectProblem(await api().get(`/api/v1/exports/${record.export_id}`), 404, 'not_found');
    // A file that somebody took away by hand is no reason to keep its row.
    rmSync(join(exportsDir, 'june_2.json'));
    const { export_id: second } = again.body as { export_id: string };
    expect((await api().delete(`/api/v1/exports/${second}`)).status).toBe(204);
  });

  it.each([
    [
      'larger than the limit',
      413,
      'payload_too_large',
      () => upload().attach('file', Buffer.alloc(LIMIT + 1), 'a.json'),
    ],
    [
      'much larger than the limit',
      413,
      'payload_too_large',
      () => upload().attach('file', Buffer.alloc(3_000_000), 'a.json'),
    ],
    ['without a file', 422, 'validation_failed', () => upload().field('file', 'text only')],
    [
      'with two files',
      422,
      'validation_failed',
      () => upload().attach('file', Buffer.from('1'), 'a.json').attach('file', Buffer.from('2'), 'b.json'),
    ],
    ['that are no form', 422, 'validation_failed', () => upload().send({ file: 'x' })],
    [
      'without a boundary',
      400,
      'usage',
      () => upload().set('content-type', 'multipart/form-data; x=1').send('x'),
    ],
  ])('%s are refused and leave nothing', async (_case, status, code, send) => {
    const before = files();
    expectProblem(await send(), status, code);
    await sleep(50);
    expect(files()).toEqual(before);
  });

  it.each(['../../evil.json', '..\\evil.json', '__proto__', '.tmp-x'])(
    'called %j get a plain name inside the directory',
    async (name) => {
      const response = await upload().attach('file', Buffer.from('x'), name);
      expect(response.status).toBe(201);
      const { export_file: key, export_id: id } = response.body as Record<string, string>;
      expect(key).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
      expect(existsSync(join(exportsDir, key))).toBe(true);
      await api().delete(`/api/v1/exports/${id}`);
    },
  );

  it('with a NUL in the name are refused', async () => {
    const response = await upload().attach('file', Buffer.from('x'), 'a\u0000b.json');
    expectProblem(response, 400, 'usage');
  });

  /** Sends the head and a part of the body, then ends or breaks the connection. */
  async function sendPart(body: string, declared: number, end: 'end' | 'destroy'): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('error', () => undefined);
    socket.write(
      `POST /api/v1/exports HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n` +
        `Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: ${declared}\r\n\r\n${body}`,
    );
    await sleep(100);
    if (end === 'destroy') socket.destroy();
    await sleep(200);
    socket.destroy();
    return answer;
  }
  const head = '--XX\r\nContent-Disposition: form-data; name="file"; filename="cut.json"\r\n\r\n';

  it.each([
    ['inside the boundary', `${head}data\r\n--X`],
    ['inside the data', `${head}data`],
    ['inside the part head', '--XX\r\nContent-Disposition: form-da'],
  ])('whose form ends %s are refused and leave nothing', async (_case, body) => {
    const before = files();
    const answer = await sendPart(body, Buffer.byteLength(body), 'end');
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|22) /);
    expect(answer).toContain('application/problem+json');
    expect(answer).not.toMatch(INSIDE);
    expect(files()).toEqual(before);
  });

  it('whose client goes away leave nothing, and the service lives', async () => {
    const before = files();
    await sendPart(`${head}data`, 1000, 'destroy');
    expect(files()).toEqual(before);
    expect((await api().get('/api/v1/health/live')).body).toEqual({ status: 'ok' });
  });

  it('with ten thousand fields end with an answer', async () => {
    const field = '--XX\r\nContent-Disposition: form-data; name="a[][]"\r\n\r\nx\r\n';
    const body = `${field.repeat(10_000)}--XX--\r\n`;
    const answer = await sendPart(body, Buffer.byteLength(body), 'end');
    expect(answer).toMatch(/^HTTP\/1\.1 422 /);
  });
});
