import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../shared/errors.js';
import { kindOfAddress } from './address-rules.js';
import { OutboundClient, type OutboundCall, type ResolvedAddress } from './outbound-client.js';

const call = (url: string, more: Partial<OutboundCall> = {}): OutboundCall => ({
  method: 'GET',
  url,
  timeoutMs: 2_000,
  ...more,
});
const ipv4 = (address: string): ResolvedAddress => ({ address, family: 4 });

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'none'> {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe('addresses', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
    ['127.0.0.1', 'private'],
    ['127.255.1.1', 'private'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['::1', 'private'],
    ['fd00::1', 'private'],
    ['0.0.0.0', 'forbidden'],
    ['169.254.169.254', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['::', 'forbidden'],
    ['::ffff:127.0.0.1', 'forbidden'],
    ['::ffff:7f00:1', 'forbidden'],
    ['::ffff:100.64.0.1', 'forbidden'],
    ['0:0:0:0:0:ffff:7f00:1', 'forbidden'],
    ['::127.0.0.1', 'forbidden'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['64:ff9b:1::1', 'forbidden'],
    ['2002:7f00:1::', 'forbidden'],
    ['2001:0:7f00::1', 'forbidden'],
    ['2001:db8::1', 'forbidden'],
    ['fe80::1', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['ff02::1', 'forbidden'],
    ['localhost', 'forbidden'],
    ['', 'forbidden'],
  ])('%s is %s', (address, kind) => {
    expect(kindOfAddress(address)).toBe(kind);
  });
});

describe('calls to elsewhere', () => {
  let server: Server;
  let port = 0;
  let hits = 0;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeAll(async () => {
    server = createServer((request, response) => {
      hits++;
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const trusted = new OutboundClient({
    trustedHosts: ['127.0.0.1', 'mlflow.internal'],
    resolve: () => Promise.resolve([ipv4('127.0.0.1')]),
  });
  const stranger = (...addresses: string[]) =>
    new OutboundClient({ resolve: () => Promise.resolve(addresses.map(ipv4)) });

  it('reach a host that the operator has named, by address and by name, with headers and a body', async () => {
    answer = (request, response) => {
      request.pipe(
        response.writeHead(201, { 'x-host': request.headers.host, 'x-token': request.headers['x-token'] }),
      );
    };
    for (const host of ['127.0.0.1', 'mlflow.internal']) {
      for (const body of ['ünicode', Buffer.from('ünicode'), Readable.from(['ün', 'icode'])]) {
        const got = await trusted.call(
          call(`http://${host}:${port}/a?b=1`, { method: 'POST', body, headers: { 'X-Token': 't' } }),
        );
        expect(got).toMatchObject({ status: 201, headers: { 'x-host': `${host}:${port}`, 'x-token': 't' } });
        expect(got.body.toString()).toBe('ünicode');
      }
    }
  });

  it.each([
    'http://[::ffff:127.0.0.1]/',
    'http://[::1]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[2002:7f00:1::]/',
    'http://[::ffff:100.64.0.1]/',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1%25eth0]/',
    'gopher://example.org/',
    'file:///etc/passwd',
    'http://user:pass@example.org/',
    'http://example.org:22/',
    'http://example.org#@127.0.0.1/',
    'http://example.org\\@127.0.0.1/',
    'http://example.org/%0d%0aHost: evil',
    'http://example.org/\r\nx: y',
    'ftp://example.org',
    'example.org',
    '',
  ])('never reach %j', async (url) => {
    const before = hits;
    expect(await codeOf(stranger('93.184.215.14').call(call(url)))).toBe('validation_failed');
    expect(hits).toBe(before);
  });

  it('are refused when one of the addresses of a name is not public', async () => {
    expect(await codeOf(stranger('93.184.215.14', '127.0.0.1').call(call('http://example.org/')))).toBe(
      'validation_failed',
    );
    expect(await codeOf(stranger().call(call('http://example.org/')))).toBe('validation_failed');
  });

  it('ask the resolver once: a name that changes its mind is still the first answer', async () => {
    let asked = 0;
    const resolve = (): Promise<ResolvedAddress[]> =>
      Promise.resolve([ipv4(asked++ === 0 ? '127.0.0.1' : '10.0.0.1')]);
    const client = new OutboundClient({ trustedHosts: ['mlflow.internal'], resolve });
    answer = (_request, response) => response.end('ok');
    expect((await client.call(call(`http://mlflow.internal:${port}/`))).body.toString()).toBe('ok');
    expect(asked).toBe(1);
  });

  it('send nothing when the socket is connected to somebody else than was checked', async () => {
    const before = hits;
    const client = new OutboundClient({ trustedHosts: ['127.0.0.1'], peerOf: () => '10.0.0.9' });
    const work = client.call(call(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'secret' }));
    expect(await codeOf(work)).toBe('validation_failed');
    expect(hits).toBe(before);
  });

  it('do not follow a redirect', async () => {
    const before = hits;
    answer = (_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end();
    expect((await trusted.call(call(`http://127.0.0.1:${port}/`))).status).toBe(302);
    expect(hits).toBe(before + 1);
  });

  it.each<Record<string, string>>([
    { 'X-A': 'b\r\nHost: evil' },
    { 'X\r\nA': 'b' },
    { Host: 'evil' },
    { 'X-A': 'ü' },
    { 'Content-Length': '1' },
  ])('refuse the headers %j', async (headers) => {
    expect(await codeOf(trusted.call(call(`http://127.0.0.1:${port}/`, { headers })))).toBe(
      'validation_failed',
    );
  });

  it('end when nobody answers in time, when the answer is endless, when nobody is there, and on demand', async () => {
    answer = () => undefined;
    const url = `http://127.0.0.1:${port}/`;
    expect(await codeOf(trusted.call(call(url, { timeoutMs: 200 })))).toBe('unavailable');
    answer = (_request, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
        response.once('drain', more);
      };
      more();
    };
    expect(await codeOf(trusted.call(call(url, { maxBytes: 1_000_000 })))).toBe('unavailable');
    expect(await codeOf(trusted.call(call('http://127.0.0.1:1/')))).toBe('unavailable');
    const stop = AbortSignal.timeout(100);
    answer = () => undefined;
    expect(await codeOf(trusted.call(call(url, { signal: stop })))).toBe('cancelled');
    const never = new OutboundClient({ resolve: () => new Promise(() => undefined) });
    expect(await codeOf(never.call(call('http://example.org/', { timeoutMs: 100 })))).toBe('unavailable');
  });
});
