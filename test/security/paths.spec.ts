import { execFileSync } from 'node:child_process';
import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asJson, sampleRows } from '../support/sample-files.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { SecurityBench } from './bench.js';

const V = '20240101_000000';

describe('paths and file parameters', () => {
  const directory = temporaryDirectory('security-paths');
  let bench: SecurityBench;
  beforeAll(async () => {
    bench = await SecurityBench.start('paths', directory);
  });
  afterAll(() => bench.application.close());
  afterEach(() => bench.oracle());

  const refused = async (files: readonly string[]): Promise<void> => {
    const details = new Set<string>();
    for (const file of files) {
      const answer = await bench.train({ export_file: file });
      expect(answer.status, `${file}: ${answer.text}`).toBe(422);
      details.add((JSON.parse(answer.text) as { detail: string }).detail);
    }
    // Nobody learns what exists elsewhere.
    expect(details.size).toBe(1);
  };

  it('S01 traversal in a file parameter', () =>
    refused([
      '../canary/secret.json',
      '../../../../etc/passwd',
      'x/../../exports-evil/x.json',
      'absent.json',
    ]));

  it('S02 absolute paths', () =>
    refused(['/etc/passwd', '/proc/self/environ', join(directory, 'canary/secret.json'), 'absent.json']));

  it('S04 fragments and queries in a name', () =>
    refused(['http:///#/../../../../srv/canary/', 'exports/a.json?/../../x', 'a.json#/../../x']));

  it.each([
    '%252e%252e%252f%252e%252e%252fetc%252fpasswd',
    '%2e%2e/',
    '..%2f',
    '..%5c',
    '%c0%ae%c0%ae/',
    '..;/',
  ])('S05 encoding in an address: %s', async (segment) => {
    expect([400, 404]).toContain((await bench.send('GET', `/api/v1/models/${segment}`)).status);
  });

  it('S07 NUL, line feed and direction marks in a name', async () => {
    for (const name of ['a.json\u0000.png', 'a\n.json', 'a\u202Ejson']) {
      expect((await bench.train({ export_file: name })).status).toBe(422);
    }
  });

  it('S08 names of other systems', () =>
    refused(['..\\..\\x', 'C:\\x', '\\\\host\\share\\x', '//proc/self/root/etc/passwd']));

  it('S10 symbolic links and hard links', () => refused(['link.json', 'hard.json', 'absent.json']));

  it.skipIf(platform() === 'win32')('S11 pipes, devices and directories, at once', async () => {
    execFileSync('mkfifo', [join(bench.exportsDir, 'fifo.json')]);
    await refused(['fifo.json', 'dev.json', 'dir.json']);
  });

  it('S13 overlong and odd versions', async () => {
    for (const version of ['1e9', '-1', encodeURIComponent('１'), 'v1%20', 'x'.repeat(3000)]) {
      expect([400, 404]).toContain((await bench.send('GET', `/api/v1/models/${version}`)).status);
    }
    expect((await bench.send('GET', `/api/v1/models/${'x'.repeat(10_000)}`)).status).toBe(414);
    const over = await bench.raw(
      `GET /api/v1/models/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    );
    expect(over.text).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('S14 names of downloads', async () => {
    for (const path of [
      `/api/v1/models/${V}/artifacts/..%2f..%2fconfig.yaml`,
      `/api/v1/models/${V}/download?path=../x`,
      `/api/v1/models/${V}/download?filename=../../etc%2fpasswd`,
      `/api/v1/models/${V}/download?format=../x`,
    ]) {
      expect([400, 404, 422], path).toContain((await bench.send('GET', path)).status);
    }
  });

  it('S16 there is no reader of log files', async () => {
    for (const path of ['../../x?lines=99999999999', 'x?lines=-1', 'x?follow=1']) {
      expect([400, 404]).toContain((await bench.send('GET', `/api/v1/training/logs/${path}`)).status);
    }
  });

  it('S17 a file that is swapped while it is read: the original bytes, or a refusal', async () => {
    const file = join(bench.exportsDir, 'swap.json');
    const good = asJson(sampleRows(200));
    writeFileSync(file, good);
    const registered = await bench.json('POST', '/api/v1/exports', { export_file: 'swap.json' });
    const { export_id: id } = JSON.parse(registered.text) as { export_id: string };
    for (let i = 0; i < 15; i++) {
      const validating = bench.send('POST', `/api/v1/exports/${id}/validate`);
      symlinkSync(join(directory, 'canary/secret.json'), `${file}.link`);
      renameSync(`${file}.link`, file);
      const answer = await validating;
      expect([200, 422]).toContain(answer.status);
      if (answer.status === 200) expect(answer.text).toContain('"log_count":200');
      writeFileSync(`${file}.new`, good);
      renameSync(`${file}.new`, file);
    }
  });
});
