import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { zipBytes, type ZipEntryBytes } from '../support/zip-bytes.js';
import { SecurityBench } from './bench.js';

const EXPORTS = '/api/v1/exports';
const IMPORT = '/api/v1/models/import';

describe('bodies', () => {
  const directory = temporaryDirectory('security-bodies');
  let bench: SecurityBench;
  beforeAll(async () => {
    bench = await SecurityBench.start('bodies', directory);
  });
  afterAll(() => bench.application.close());
  afterEach(() => bench.oracle());

  const form = (body: string, type = 'multipart/form-data; boundary=b') =>
    bench.send('POST', EXPORTS, { headers: { 'content-type': type }, body });
  const part = (name: string, value: string) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

  it('S19 multipart that ends too early, and a Content-Length that lies', async () => {
    const cut = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n{"a":1}\r\n--';
    expect((await form(cut)).status).toBe(400);
    expect((await form('------FormBoundar')).status).toBe(400);
    const head = `POST ${EXPORTS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${bench.keys.operator}\r\n`;
    const type = 'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9999\r\n\r\n';
    await bench.raw(`${head}${type}${cut}`, 500);
  });

  it('S20 empty and hostile field names', async () => {
    for (const name of [
      '',
      '__proto__[polluted]',
      'constructor[prototype][polluted]',
      `a${'[]'.repeat(10_000)}`,
    ]) {
      expect([400, 422]).toContain((await form(`${part(name, '1')}--b--\r\n`)).status);
    }
    const many = Array.from({ length: 10_000 }, (_, i) => part(`f${i}`, '1')).join('');
    expect([400, 422]).toContain((await form(`${many}--b--\r\n`)).status);
  });

  it('S22 a body without end, and one longer than announced', async () => {
    const head = `POST /api/v1/training/train HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${bench.keys.operator}\r\nContent-Type: application/json\r\n`;
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    const endless = await bench.raw(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}`, 3_000);
    expect(endless.text).toMatch(/^HTTP\/1\.1 413 /);
    const lying = await bench.raw(`${head}Content-Length: 10\r\n\r\n{"a":"1234567890"}`);
    expect(lying.text).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  it('S25 content types that are slow to match', async () => {
    const types = [
      `application/x-www-form-urlencoded; !="${'\\'.repeat(10_000)}`,
      `multipart/form-data; boundary="${'\\'.repeat(10_000)}`,
      `application/json; charset=${' '.repeat(10_000)}`,
    ];
    for (const type of types) {
      const answer = await bench.send('POST', '/api/v1/training/train', {
        headers: { 'content-type': type },
        body: '{}',
      });
      expect([400, 415, 422]).toContain(answer.status);
    }
  });

  it('S26 compressed bodies are not accepted, so none can unfold', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    for (const path of ['/api/v1/training/train', EXPORTS, IMPORT]) {
      for (const encoding of ['gzip', 'deflate', 'br', 'gzip, gzip', 'x']) {
        const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
        expect((await bench.send('POST', path, { headers, body: bomb })).status).toBe(415);
      }
    }
  });

  it.each<[string, string]>([
    ['S28', '../../../../srv/canary/pwn'],
    ['S28', '/abs/pwn'],
    ['S28', '..\\..\\pwn'],
    ['S28', 'C:\\pwn'],
    ['S29', '../imports2/evil.txt'],
  ])('%s an archive entry called %s', async (_, name) => {
    const archive = zipBytes([{ name, data: 'x' }]);
    expect((await bench.upload(IMPORT, 'm.zip', archive)).status).toBe(422);
  });

  it('S31 a size that is only claimed', async () => {
    const archive = zipBytes([{ name: 'manifest.json', data: '{}', claimedSize: 0xfffffff0 }]);
    expect((await bench.upload(IMPORT, 'm.zip', archive)).status).toBe(422);
  });

  it('S32 bombs: a ratio, overlapping entries, very many entries, an archive in the archive', async () => {
    const inner = zipBytes([{ name: 'model.onnx', data: 'x' }]);
    const bombs: ZipEntryBytes[][] = [
      [{ name: 'model.onnx', data: Buffer.alloc(30_000_000) }],
      [
        { name: 'a', data: 'x'.repeat(1000) },
        ...['b', 'c', 'd'].map((name) => ({ name, data: 'x', offsetOf: 0 })),
      ],
      Array.from({ length: 5000 }, (_, i) => ({ name: `f${i}`, data: '' })),
      [{ name: 'model.zip', data: inner }],
    ];
    for (const entries of bombs) {
      expect((await bench.upload(IMPORT, 'm.zip', zipBytes(entries))).status).toBe(422);
    }
  });

  it('S35 pickles, whatever they are called', async () => {
    // cos.system('touch pwn') in protocol 0.
    const pickle = `cos\nsystem\n(S'touch ${directory}/pwn'\ntR.`;
    for (const name of ['model.joblib', 'model.json', 'model.onnx', 'model.bin', 'm.zip']) {
      expect([415, 422]).toContain((await bench.upload(IMPORT, name, pickle)).status);
    }
    const packed = zipBytes([{ name: 'model.joblib', data: pickle }]);
    expect((await bench.upload(IMPORT, 'm.zip', packed)).status).toBe(422);
  });

  it('S40 an export that is a page is never sent back as one', async () => {
    const answer = await bench.upload(EXPORTS, 'x.json', '<html><script>alert(1)</script>');
    expect(answer.status).toBe(201);
    const { export_id: id } = JSON.parse(answer.text) as { export_id: string };
    const shown = await bench.send('GET', `${EXPORTS}/${id}`);
    expect(shown.headers['content-type']).toContain('application/json');
    expect(shown.headers['x-content-type-options']).toBe('nosniff');
    expect(shown.text).not.toContain('<script>');
  });

  it('S52 a member twice, also when it is written in another way', async () => {
    for (const body of [
      '{"export_file":"ok.json","export_file":"../x"}',
      '{"export_file":"ok.json","\\u0065xport_file":"../x"}',
      '{"export_file":"ok.json","config_overrides":{"model":{"n_estimators":1,"n_estimators":2}}}',
    ]) {
      const answer = await bench.train(body);
      expect(answer.status, answer.text).toBe(400);
      expect(answer.text).toContain('duplicate_key');
    }
  });

  it('S101 two hundred malformed bodies', async () => {
    const whole =
      '{"export_file":"ok.json","model_name":"wifi","config_overrides":{"model":{"n_estimators":10}}}';
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let i = 0; i < 200; i++) {
      const at = random(whole.length);
      const odd = ['', '\u0000', '"', '{', '\\', '\ud800', '1e999', ',', ']'][random(9)];
      const body = Buffer.from(`${whole.slice(0, at)}${odd}${whole.slice(at + 1 + random(9))}`);
      if (i % 7 === 0) body[random(body.length)] = 0xff;
      const answer = await bench.train(body.toString('latin1'));
      expect([202, 400, 404, 422]).toContain(answer.status);
    }
  });
});
