import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportResult } from '../../../src/pipeline/import-flow.service.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import { expectProblem, INSIDE, listen, pointers } from '../../support/http.js';
import { startWithModel, type ApplicationWithModel } from '../../support/imported-application.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { zipBytes } from '../../support/zip-bytes.js';

const MIB = 1024 * 1024;

describe('models as files over the network', () => {
  const directory = temporaryDirectory('model-files');
  let application: ApplicationWithModel;
  let port = 0;

  beforeAll(async () => {
    application = await startWithModel('model_files', directory);
    port = await listen(application);
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}`);
  const importing = () => api().post('/api/v1/models/import');
  const download = (format: string, version = application.version) =>
    api().get(`/api/v1/models/${version}/download?format=${format}`).buffer(true).parse(bytesOf);
  const versions = () => readdirSync(join(directory, 'models')).sort();
  const leftovers = () => readdirSync(join(directory, 'data', 'imports'));

  describe('POST /models/import', () => {
    it('takes a package and an export, and answers with the judged version', async () => {
      const response = await importing()
        .field('model_name', 'foreign')
        .attach('file', application.archive, 'model.zip')
        .field('export_file', 'june.json');
      expect(response.status, response.text).toBe(201);
      const body = response.body as ImportResult;
      expect(body).toMatchObject({ status: 'available', evaluated: true, model_name: 'foreign' });
      expect(body.imported_from).toMatchObject({ foreign: true, source_name: 'model.zip' });
      expect(response.headers.location).toBe(`/api/v1/models/${body.version}`);
      expect(response.text).not.toMatch(INSIDE);
      expect((await api().get(response.headers.location)).status).toBe(200);
      expect(leftovers()).toEqual([]);
    });

    it('judges it in a dry run as it would be judged, and registers nothing', async () => {
      const before = versions();
      const dryRun = (form: (test: request.Test) => request.Test) =>
        form(
          api().post('/api/v1/models/import?dry_run=true').attach('file', application.archive, 'model.zip'),
        );
      const judged = await dryRun((test) => test.field('export_file', 'june.json'));
      expect(judged.status, judged.text).toBe(200);
      expect(judged.body).toMatchObject({
        status: 'would_register',
        model_status: 'available',
        evaluated: true,
        gate: { passed: true },
      });
      const unjudged = await dryRun((test) => test);
      expect(unjudged.body).toMatchObject({ model_status: 'rejected', evaluated: false });
      expectProblem(await dryRun((test) => test.field('model_name', '../x')), 422, 'validation_failed');
      expect(versions()).toEqual(before);
      expect(leftovers()).toEqual([]);
    });

    it('takes it once for an Idempotency-Key, and another file with it never', async () => {
      const send = (bytes: Buffer) =>
        importing().set('idempotency-key', 'one-import').attach('file', bytes, 'model.zip');
      const first = await send(application.archive);
      expect(first.status, first.text).toBe(201);
      const before = versions();
      const second = await send(application.archive);
      expect(second.body).toEqual(first.body);
      expect(second.headers['idempotency-replayed']).toBe('true');
      expect(second.headers.location).toBe(first.headers.location);
      expectProblem(await send(Buffer.from('other')), 422, 'validation_failed');
      expect(versions()).toEqual(before);
    });

    it('registers it as rejected without an export', async () => {
      const response = await importing().attach('file', application.archive, 'model.zip');
      expect(response.status).toBe(201);
      expect(response.body).toMatchObject({ status: 'rejected', model_name: 'wifi' });
      const { version } = response.body as ImportResult;
      expectProblem(await download('package', version).parse(textOf), 409, 'gate_rejected');
      expect((await download('onnx', version)).status).toBe(200);
    });

    it.each<[string, () => request.Test, number, string]>([
      ['a body that is no form', () => importing().send({ file: 'x' }), 422, 'validation_failed'],
      ['a form without a file', () => importing().field('model_name', 'wifi'), 422, 'validation_failed'],
      [
        'two files',
        () => importing().attach('file', Buffer.from('x'), 'a').attach('file', Buffer.from('y'), 'b'),
        422,
        'validation_failed',
      ],
      [
        'a file in another field',
        () => importing().attach('model', application.archive, 'a.zip'),
        422,
        'validation_failed',
      ],
      [
        'an unknown field',
        () => importing().field('storage', '/').attach('file', application.archive, 'a.zip'),
        422,
        'validation_failed',
      ],
      [
        'a field twice',
        () =>
          importing()
            .field('model_name', 'a')
            .field('model_name', 'b')
            .attach('file', application.archive, 'a.zip'),
        422,
        'validation_failed',
      ],
      [
        'a field of 2 KB',
        () => importing().field('model_name', 'a'.repeat(2048)).attach('file', application.archive, 'a.zip'),
        422,
        'validation_failed',
      ],
      [
        'a model name that is a path',
        () => importing().field('model_name', '../x').attach('file', application.archive, 'a.zip'),
        422,
        'validation_failed',
      ],
      [
        'an export outside',
        () =>
          importing().field('export_file', '../../etc/passwd').attach('file', application.archive, 'a.zip'),
        422,
        'export_not_allowed',
      ],
      [
        'an export id that is none',
        () => importing().field('export_id', "1'; drop").attach('file', application.archive, 'a.zip'),
        422,
        'validation_failed',
      ],
      [
        'an export nobody has',
        () =>
          importing()
            .field('export_id', '00000000-0000-4000-8000-00000000000a')
            .attach('file', application.archive, 'a.zip'),
        404,
        'not_found',
      ],
      [
        'a pickle',
        () => importing().attach('file', Buffer.from('\x80\x04.', 'latin1'), 'model.onnx'),
        422,
        'validation_failed',
      ],
      [
        'an archive that climbs out',
        () => importing().attach('file', zipBytes([{ name: '../../pwn' }]), 'a.zip'),
        422,
        'validation_failed',
      ],
      ['an empty file', () => importing().attach('file', Buffer.alloc(0), 'a.zip'), 422, 'validation_failed'],
    ])('refuses %s, and leaves nothing', async (_, send, status, code) => {
      const before = versions();
      const response = await send();
      expectProblem(response, status, code);
      expect(versions()).toEqual(before);
      expect(leftovers()).toEqual([]);
    });

    it('names every field that is wrong', async () => {
      const response = await importing()
        .field('model_name', 'A')
        .field('feature_set', 'x')
        .attach('file', application.archive, 'a.zip');
      expect(pointers(expectProblem(response, 422, 'validation_failed'))).toEqual([
        '/model_name',
        '/feature_set',
      ]);
    });

    it('stops at the limit while the file is still coming', async () => {
      const response = await importing().attach('file', Buffer.alloc(100 * MIB + 1), 'a.zip');
      expectProblem(response, 413, 'payload_too_large');
      expect(leftovers()).toEqual([]);
    });

    it('survives a sender who goes away', async () => {
      const boundary = 'b';
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nPK`;
      const socket = connect(port, '127.0.0.1');
      socket.write(
        `POST /api/v1/models/import HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: 100000\r\n\r\n${head}`,
      );
      await sleep(200);
      expect(leftovers().length).toBe(1);
      socket.destroy();
      await expect.poll(leftovers, { timeout: 5000 }).toEqual([]);
      expect((await api().get('/api/v1/health/live')).status).toBe(200);
    });
  });

  describe('GET /models/{version}/download', () => {
    it.each<[string, string, (version: string) => string]>([
      ['package', 'application/zip', (version) => `model_${version}_deployment.zip`],
      ['joblib', 'application/octet-stream', (version) => `model_${version}.joblib`],
      ['onnx', 'application/octet-stream', (version) => `model_${version}.onnx`],
    ])('sends the %s whole, with its digest', async (format, type, name) => {
      const { version, archive, registry } = application;
      const response = await download(format);
      const body = response.body as Buffer;
      const expected =
        format === 'package'
          ? archive
          : registry.store.read(version, format === 'onnx' ? 'model.onnx' : 'model.joblib');
      expect(response.status).toBe(200);
      expect(Buffer.compare(body, expected)).toBe(0);
      const sha256 = sha256Hex(body);
      expect(response.headers).toMatchObject({
        'content-type': type,
        'content-length': String(body.length),
        'content-disposition': `attachment; filename="${name(version)}"`,
        etag: `"${sha256}"`,
        'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
        'accept-ranges': 'bytes',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
      });
    });

    it('sends the package when no format is named', async () => {
      const response = await api().get(`/api/v1/models/${application.version}/download`);
      expect(response.headers['content-type']).toBe('application/zip');
    });

    it.each<[string, (size: number) => [number, number] | null]>([
      ['bytes=0-0', () => [0, 0]],
      ['bytes=10-99', () => [10, 99]],
      ['bytes=1000-', (size) => [1000, size - 1]],
      ['bytes=-1', (size) => [size - 1, size - 1]],
      ['bytes=-99999999', (size) => [0, size - 1]],
      ['bytes=5-99999999', (size) => [5, size - 1]],
      ['bytes=9-1', () => null],
      ['bytes=0-0,5-9', () => null],
      [`bytes=${'0-,'.repeat(3000)}0-`, () => null],
      ['lines=0-9', () => null],
      ['bytes=a-b', () => null],
    ])('answers the range %s with one part or the whole', async (range, expected) => {
      for (const format of ['joblib', 'package']) {
        const whole = (await download(format)).body as Buffer;
        const response = await download(format).set('range', range.slice(0, 8000));
        const part = expected(whole.length);
        const [start, end] = part ?? [0, whole.length - 1];
        expect(response.status).toBe(part === null ? 200 : 206);
        expect(Buffer.compare(response.body as Buffer, whole.subarray(start, end + 1))).toBe(0);
        expect(response.headers['content-range']).toBe(
          part === null ? undefined : `bytes ${start}-${end}/${whole.length}`,
        );
      }
    });

    it.each(['bytes=99999999-', 'bytes=-0'])('answers the range %s with 416', async (range) => {
      const response = await download('onnx').set('range', range).parse(textOf);
      expectProblem(response, 416, 'range_not_satisfiable');
      expect(response.headers['content-range']).toMatch(/^bytes \*\/\d+$/);
    });

    it('sends a part only of the file the client knows', async () => {
      const { etag } = (await download('onnx')).headers as { etag: string };
      const part = (tag: string) => download('onnx').set('range', 'bytes=0-9').set('if-range', tag);
      expect((await part(etag)).status).toBe(206);
      expect((await part('"other"')).status).toBe(200);
      expect((await part(`W/${etag}`)).status).toBe(200);
      expect((await download('onnx').set('if-none-match', etag)).status).toBe(304);
      const head = await api().head(`/api/v1/models/${application.version}/download?format=onnx`);
      expect([head.status, head.headers.etag]).toEqual([200, etag]);
    });

    it.each<[string, number, string]>([
      ['models/20990101_000000/download?format=onnx', 404, 'not_found'],
      ['models/..%2f..%2fconfig/download?format=onnx', 404, 'not_found'],
      ['models/%252e%252e/download', 404, 'not_found'],
    ])('finds nothing at %s', async (path, status, code) => {
      expectProblem(await api().get(`/api/v1/${path}`), status, code);
    });

    it('knows its formats and takes no other name', async () => {
      const at = `/api/v1/models/${application.version}/download`;
      expectProblem(await api().get(`${at}?format=../metadata.json`), 422, 'validation_failed');
      expectProblem(await api().get(`${at}?format=onnx&filename=x.html`), 400, 'usage');
    });

    it('leaves no file open when clients go away', async () => {
      const open = () => readdirSync('/proc/self/fd').length;
      await download('joblib');
      await sleep(100);
      const before = open();
      for (let i = 0; i < 60; i++) await abortedDownload(port, application.version);
      await expect.poll(open, { timeout: 10_000 }).toBeLessThanOrEqual(before + 3);
      expect((await download('joblib')).status).toBe(200);
    });

    it('sends nothing of a file that was changed, and marks the version', async () => {
      const imported = await importing()
        .attach('file', application.archive, 'a.zip')
        .field('export_file', 'june.json');
      const { version } = imported.body as ImportResult;
      appendFileSync(join(directory, 'models', version, 'model.joblib'), 'x');
      expectProblem(await download('joblib', version).parse(textOf), 409, 'artifact_integrity');
      expect((await api().get(`/api/v1/models/${version}`)).body).toMatchObject({ status: 'corrupt' });
      expectProblem(await download('package', version).parse(textOf), 409, 'artifact_integrity');
      expect(readFileSync(join(directory, 'models', version, 'model.onnx')).length).toBeGreaterThan(0);
    });
  });
});

type Parse = (response: request.Response, done: (error: Error | null, body: unknown) => void) => void;

const collect =
  (finish: (bytes: Buffer, response: request.Response) => unknown): Parse =>
  (response, done) => {
    const chunks: Buffer[] = [];
    const stream = response as unknown as NodeJS.ReadableStream;
    stream.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
    stream.on('end', () => {
      done(null, finish(Buffer.concat(chunks), response));
    });
  };

const bytesOf = collect((bytes) => bytes);
const textOf = collect((bytes, response) => {
  (response as { text: string }).text = bytes.toString();
  return {};
});

/** Reads the first bytes of the answer and resets the connection. */
function abortedDownload(port: number, version: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.write(`GET /api/v1/models/${version}/download?format=joblib HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    socket.once('data', () => {
      socket.resetAndDestroy();
      resolve();
    });
  });
}
