import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import express from 'express';
import request from 'supertest';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/support/temporary-directory.js';
import { Dashboard, NONCE_PLACEHOLDER } from './dashboard.js';
import { readDashboard } from './dashboard-files.js';

const SCRIPT = `console.log(${'1 + '.repeat(500)}1)`;
const PAGE = `<meta name="csp-nonce" content="${NONCE_PLACEHOLDER}"><script src="/assets/index-AB12.js"></script>`;
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

function serverOf(directory: string): express.Express {
  const app = express();
  app.use(new Dashboard(readDashboard(directory)).handler());
  app.use((_request, response) => {
    response.status(404).json({ code: 'not_found' });
  });
  return app;
}

describe('the dashboard', () => {
  const directory = temporaryDirectory('dashboard');
  let server: express.Express;

  beforeEach(() => {
    mkdirSync(join(directory, 'assets'), { recursive: true });
    writeFileSync(join(directory, 'index.html'), PAGE);
    writeFileSync(join(directory, 'theme.js'), 'void 0');
    writeFileSync(join(directory, 'secret.env'), 'KEY=1');
    writeFileSync(join(directory, 'assets/index-AB12.js'), SCRIPT);
    writeFileSync(join(directory, 'assets/index-AB12.js.gz'), gzipSync(SCRIPT));
    server = serverOf(directory);
  });

  it('is one page for every address that a person opens', async () => {
    for (const path of ['/', '/models', '/models/20240101_120000', '/nothing/there']) {
      const answer = await request(server).get(path).set(HTML);
      expect(answer.status, path).toBe(200);
      expect(answer.headers['content-type']).toContain('text/html');
      expect(answer.headers['cache-control']).toBe('no-cache');
    }
  });

  it('leaves the addresses of programs, and calls of programs, to the routes', async () => {
    for (const path of ['/api/v1/models', '/api/nothing', '/v2/models/wifi/infer', '/metrics', '/api'])
      expect((await request(server).get(path).set(HTML)).status, path).toBe(404);
    expect((await request(server).get('/models')).status).toBe(404);
    expect((await request(server).post('/').set(HTML)).status).toBe(404);
    expect((await request(server).get('/assets/index-OLD.js').set('accept', '*/*')).status).toBe(404);
  });

  it('allows no inline style or script but those with a nonce of this answer', async () => {
    const [first, second] = [await request(server).get('/'), await request(server).get('/')];
    const nonce = /content="([\w-]{20,})"/.exec(first.text)?.[1];
    expect(first.headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${String(nonce)}'`);
    expect(first.headers['content-security-policy']).not.toContain('unsafe');
    expect(first.text).not.toContain(NONCE_PLACEHOLDER);
    expect(second.text).not.toContain(String(nonce));
  });

  it('lets browsers keep what is named after its content, and nothing else', async () => {
    const asset = await request(server).get('/assets/index-AB12.js');
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect((await request(server).get('/theme.js')).headers['cache-control']).toBe('no-cache');
  });

  it('sends compressed files to those who take them, and the same text to all', async () => {
    const packed = await request(server).get('/assets/index-AB12.js').set('accept-encoding', 'gzip');
    const plain = await request(server).get('/assets/index-AB12.js').set('accept-encoding', 'identity');
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect([packed.text, plain.text]).toEqual([SCRIPT, SCRIPT]);
    expect(packed.headers['etag']).not.toBe(plain.headers['etag']);
  });

  it('answers 304 to a browser that has the file', async () => {
    const { headers } = await request(server).get('/theme.js');
    const again = await request(server).get('/theme.js').set('if-none-match', headers['etag']);
    expect(again.status).toBe(304);
  });

  it('has no file but those of the kinds it is built of', async () => {
    for (const path of ['/secret.env', '/index.html.gz', '/assets/../secret.env', '/assets/index-AB12.js.gz'])
      expect((await request(server).get(path)).status, path).toBe(404);
  });

  it('says how to get it when it is not built', async () => {
    const answer = await request(serverOf(join(directory, 'nowhere')))
      .get('/')
      .set(HTML);
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('npm run build');
  });
});
