import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/shared/digest.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const LIMIT = 4096;

describe('uploads in parts', () => {
  const directory = temporaryDirectory('parts');
  const exportsDir = join(directory, 'exports');
  let application: TestApplication;
  let port = 0;
  let count = 0;

  beforeAll(async () => {
    application = await startApplication('parts', directory, {
      overrides: { storage: { max_upload_bytes: LIMIT } },
    });
    port = await listen(application);
  });
  afterAll(() => application.close());
  afterEach(() => {
    for (const name of readdirSync(exportsDir)) rmSync(join(exportsDir, name));
  });

  const api = () => request(`http://127.0.0.1:${port}`);
  const at = (sha256: string) => `/api/v1/exports/uploads/${sha256}`;
  const staged = () => readdirSync(exportsDir).filter((name) => name.startsWith('.tmp-'));
  /** Another content each time: an export that is known is not sent again. */
  const content = (size = 1000) => Buffer.alloc(size, `content ${++count} `);
  const send = (bytes: Buffer, sha256: string, offset: number, length: number, name = 'june.json') =>
    api()
      .patch(`${at(sha256)}?file_name=${name}`)
      .set('content-type', 'application/octet-stream')
      .set('upload-offset', String(offset))
      .set('upload-length', String(length))
      .send(bytes);

  it('begin at 0, are continued where they ended, and become an export', async () => {
    const bytes = content();
    const sha256 = sha256Hex(bytes);
    const before = await api().head(at(sha256));
    expect([before.status, before.headers['upload-offset'], before.headers['upload-complete']]).toEqual([
      200,
      '0',
      '?0',
    ]);
    const first = await send(bytes.subarray(0, 400), sha256, 0, 1000);
    expect([first.status, first.headers['upload-offset'], first.headers['upload-complete']]).toEqual([
      204,
      '400',
      '?0',
    ]);
    expect(staged()).toHaveLength(1);
    // Not an export: neither listed nor to be named.
    const list = await api().get(`/api/v1/exports?sha256=${sha256}`);
    expect(list.body).toEqual({ items: [], next_cursor: null });
    const half = await api().head(at(sha256.toUpperCase()));
    expect([half.headers['upload-offset'], half.headers['upload-length']]).toEqual(['400', '1000']);
    const last = await send(bytes.subarray(400), sha256, 400, 1000);
    expect(last.status, last.text).toBe(201);
    expect(last.headers['upload-complete']).toBe('?1');
    const record = last.body as Record<string, string>;
    expect(record).toMatchObject({
      file_name: 'june.json',
      export_file: 'june.json',
      size_bytes: 1000,
      sha256,
      source: 'upload',
    });
    expect(last.headers.location).toBe(`/api/v1/exports/${record.export_id}`);
    expect(readFileSync(join(exportsDir, 'june.json')).equals(bytes)).toBe(true);
    expect(staged()).toEqual([]);
  });

  it('are not sent when the content is here already, whichever way it came', async () => {
    const bytes = content();
    const sha256 = sha256Hex(bytes);
    const form = await api().post('/api/v1/exports').attach('file', bytes, 'form.json');
    const { export_id: id } = form.body as Record<string, string>;
    const list = await api().get(`/api/v1/exports?sha256=${sha256.toUpperCase()}`);
    expect((list.body as { items: { export_id: string }[] }).items.map((item) => item.export_id)).toEqual([
      id,
    ]);
    const named = async (q: string): Promise<number> =>
      ((await api().get(`/api/v1/exports?q=${q}`)).body as { items: unknown[] }).items.length;
    expect([await named('FORM.j'), await named('form%25'), await named('norm')]).toEqual([1, 0, 0]);
    const head = await api().head(at(sha256));
    expect(head.headers).toMatchObject({
      'upload-complete': '?1',
      'upload-offset': '1000',
      location: `/api/v1/exports/${id}`,
    });
    const again = await send(bytes, sha256, 0, 1000);
    expect([again.status, (again.body as { export_id: string }).export_id]).toEqual([200, id]);
    expect(readdirSync(exportsDir)).toEqual(['form.json']);
    // A file that somebody took away is not here any more.
    rmSync(join(exportsDir, 'form.json'));
    expect((await api().head(at(sha256))).headers['upload-offset']).toBe('0');
  });

  it('keep what arrived when the connection breaks', async () => {
    const bytes = content();
    const sha256 = sha256Hex(bytes);
    const socket = await half(sha256, bytes.subarray(0, 300), 1000);
    await expect.poll(() => offsetOf(sha256)).toBe('300');
    socket.destroy();
    await sleep(50);
    expect(await offsetOf(sha256)).toBe('300');
    expect((await send(bytes.subarray(300), sha256, 300, 1000)).status).toBe(201);
  });

  it('are taken over from a connection that hangs', async () => {
    const bytes = content();
    const sha256 = sha256Hex(bytes);
    const socket = await half(sha256, bytes.subarray(0, 300), 1000);
    await expect.poll(() => offsetOf(sha256)).toBe('300');
    expect((await send(bytes.subarray(300), sha256, 300, 1000)).status).toBe(201);
    expect(staged()).toEqual([]);
    socket.destroy();
  });

  it('sent by three at once give one export', async () => {
    for (const [round, size] of [4000, 4001, 4002, 4003].entries()) {
      const bytes = content(size);
      const sha256 = sha256Hex(bytes);
      const answers = await Promise.all([1, 2, 3].map(() => send(bytes, sha256, 0, size)));
      expect(answers.every(({ status }) => [200, 201, 400, 409].includes(status))).toBe(true);
      // Who was overtaken asks where to go on.
      const offset = Number(await offsetOf(sha256));
      expect([200, 201]).toContain((await send(bytes.subarray(offset), sha256, offset, size)).status);
      const list = await api().get(`/api/v1/exports?sha256=${sha256}`);
      expect((list.body as { items: unknown[] }).items).toHaveLength(1);
      expect(readdirSync(exportsDir)).toHaveLength(round + 1);
    }
  });

  it('from another place are refused, with the right one', async () => {
    const bytes = content();
    const sha256 = sha256Hex(bytes);
    const early = await send(bytes.subarray(500), sha256, 500, 1000);
    expectProblem(early, 409, 'conflict');
    expect(early.headers['upload-offset']).toBe('0');
    await send(bytes.subarray(0, 400), sha256, 0, 1000);
    const wrong = await send(bytes.subarray(300), sha256, 300, 1000);
    expect(pointers(expectProblem(wrong, 409, 'conflict'))).toEqual(['Upload-Offset']);
    expect(wrong.headers['upload-offset']).toBe('400');
    expect(await offsetOf(sha256)).toBe('400');
  });

  it('with another content than announced are refused and gone', async () => {
    const bytes = content();
    const sha256 = sha256Hex('something else');
    const answer = await send(bytes, sha256, 0, 1000);
    expect(pointers(expectProblem(answer, 422, 'validation_failed'))).toEqual(['/sha256']);
    expect(readdirSync(exportsDir)).toEqual([]);
  });

  it('with more bytes than announced are refused and gone', async () => {
    const bytes = content();
    const answer = await send(bytes, sha256Hex(bytes), 0, 999);
    expect(pointers(expectProblem(answer, 422, 'validation_failed'))).toEqual(['Upload-Length']);
    expect(readdirSync(exportsDir)).toEqual([]);
  });

  it('that would be larger than the limit are refused before they begin', async () => {
    const bytes = content(10);
    expectProblem(await send(bytes, sha256Hex(bytes), 0, LIMIT + 1), 413, 'payload_too_large');
    expect(readdirSync(exportsDir)).toEqual([]);
  });

  it('name every header that is wrong', async () => {
    const answer = await api()
      .patch(at('a'.repeat(64)))
      .set('content-type', 'application/json')
      .set('upload-offset', '-1')
      .send('{}');
    const problem = expectProblem(answer, 422, 'validation_failed');
    expect(pointers(problem)).toEqual(['Content-Type', 'Upload-Offset', 'Upload-Length']);
    for (const bad of ['abc', 'g'.repeat(64), `..%2f..%2f${'a'.repeat(58)}`]) {
      expectProblem(await send(Buffer.from('x'), bad, 0, 1), 422, 'validation_failed');
    }
  });

  it('can be given up, and are gone after a day without a byte', async () => {
    const [one, other] = [content(), content()];
    await send(one.subarray(0, 10), sha256Hex(one), 0, 1000);
    expect((await api().delete(at(sha256Hex(one)))).status).toBe(204);
    expectProblem(await api().delete(at(sha256Hex(one))), 404, 'not_found');
    await send(one.subarray(0, 10), sha256Hex(one), 0, 1000);
    const [name] = staged();
    const old = Date.now() / 1000 - 25 * 3600;
    utimesSync(join(exportsDir, name), old, old);
    await send(other.subarray(0, 10), sha256Hex(other), 0, 1000);
    expect(staged()).toHaveLength(1);
    expect(await offsetOf(sha256Hex(one))).toBe('0');
  });

  it('are limited in number', async () => {
    for (let i = 0; i < 16; i++) writeFileSync(join(exportsDir, `.tmp-partial-${sha256Hex(`${i}`)}-9`), 'x');
    const bytes = content();
    expectProblem(await send(bytes.subarray(0, 1), sha256Hex(bytes), 0, 1000), 409, 'conflict');
    // One that is under way goes on.
    expect((await send(Buffer.from('y'), sha256Hex('3'), 1, 9)).status).toBe(204);
  });

  it('do not follow a link that lies where they would be written', async () => {
    const bytes = content();
    writeFileSync(join(directory, 'canary'), '');
    symlinkSync(join(directory, 'canary'), join(exportsDir, `.tmp-partial-${sha256Hex(bytes)}-1000`));
    expectProblem(await send(bytes, sha256Hex(bytes), 0, 1000), 503, 'unavailable');
    expect(readFileSync(join(directory, 'canary'), 'utf8')).toBe('');
  });

  it('of an empty file are complete at once', async () => {
    const answer = await send(Buffer.alloc(0), sha256Hex(''), 0, 0, 'empty.json');
    expect([answer.status, existsSync(join(exportsDir, 'empty.json'))]).toEqual([201, true]);
  });

  const offsetOf = async (sha256: string): Promise<string> =>
    (await api().head(at(sha256))).headers['upload-offset'];

  /** A request that announces 1000 bytes and stops after a part of them. */
  async function half(sha256: string, part: Buffer, length: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `PATCH ${at(sha256)}?file_name=june.json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n` +
        `Content-Type: application/octet-stream\r\nUpload-Offset: 0\r\nUpload-Length: ${length}\r\n\r\n`,
    );
    socket.write(part);
    await sleep(20);
    return socket;
  }
});
