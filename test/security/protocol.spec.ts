import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bodyDeadline } from '../../src/platform/http/body-guards.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { SecurityBench } from './bench.js';

const MODELS = '/api/v1/models';

describe('the protocol', () => {
  const directory = temporaryDirectory('security-protocol');
  let bench: SecurityBench;
  beforeAll(async () => {
    bench = await SecurityBench.start('protocol', directory);
  });
  afterAll(() => bench.application.close());
  afterEach(() => bench.oracle());

  it('S88 headers that drip are cut off, while others are served', async () => {
    const begun = performance.now();
    const sockets = Array.from({ length: 100 }, () => connect(bench.port, '127.0.0.1'));
    const closed = sockets.map(
      (socket) =>
        new Promise<number>((resolve) => {
          socket.on('error', () => undefined);
          socket.on('data', () => undefined);
          socket.on('close', () => {
            resolve(performance.now() - begun);
          });
          socket.write('GET / HTTP/1.1\r\nX');
        }),
    );
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('x');
    }, 1000);
    try {
      await sleep(1000);
      expect((await bench.send('GET', MODELS)).status).toBe(200);
      const durations = await Promise.all(closed);
      // Not a measure of speed: the limit is 10 s, and without it this would not end at all.
      expect(Math.max(...durations)).toBeLessThan(30_000);
    } finally {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    }
  });

  it('S88 a JSON body that drips is cut off', async () => {
    const guard = bodyDeadline(300, 300);
    const server: Server = createServer((request, response) => {
      const express = Object.assign(response, {
        status: (code: number) => Object.assign(response, { statusCode: code }),
        type: (type: string) => response.setHeader('content-type', type),
        send: (text: string) => response.end(text),
      });
      guard(request as Request, express as unknown as Response, () => request.resume());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', () => undefined);
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    const drip = setInterval(() => socket.writable && socket.write(' '), 50);
    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(drip);
    server.close();
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });

  it.each<[string, string]>([
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two encodings', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde'],
    ['a space before the colon', 'Content-Length : 4\r\n\r\nabcd'],
    ['a negative chunk', 'Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n'],
    ['a negative length', 'Content-Length: -1\r\n\r\n'],
    ['a NUL', 'X-A: a\0b\r\n\r\n'],
  ])('S89 smuggling with %s is refused, and the connection closed', async (_, rest) => {
    const head = `POST /api/v1/training/train HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${bench.keys.operator}\r\nContent-Type: application/json\r\n`;
    const { text, closed } = await bench.raw(head + rest);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('application/problem+json');
    expect(closed).toBe(true);
  });

  it('S89 lines that end with a line feed only are no second request', async () => {
    const { text } = await bench.raw(
      `GET ${MODELS} HTTP/1.1\nHost: 127.0.0.1\nAuthorization: Bearer ${bench.keys.reader}\nConnection: close\n\n`,
    );
    expect(text.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThanOrEqual(1);
  });

  it('S91 addresses that are slow to match', async () => {
    for (const path of [`/${'a-'.repeat(2000)}`, '/'.repeat(4000), `${MODELS}/${'../'.repeat(1000)}`]) {
      expect([400, 404]).toContain((await bench.send('GET', path)).status);
    }
    expect((await bench.send('GET', `/${'a-'.repeat(5000)}`)).status).toBe(414);
  });

  it('S92 SQL in parameters', async () => {
    for (const query of [
      'sort=version;drop table models--',
      'sort=-(select pg_sleep(9))',
      "filter=status eq '' or 1=1",
      "tag=a'||pg_sleep(5)||'",
    ]) {
      expect((await bench.send('GET', `${MODELS}?${encodeURI(query)}`)).status, query).toBe(400);
    }
    for (const query of [
      "model=a'||pg_sleep(5)||'",
      "status=' or 1=1--",
      'limit=1;select 1',
      "cursor=' or 1=1",
    ]) {
      const answer = await bench.send('GET', `${MODELS}?${encodeURI(query)}`);
      expect([200, 400, 422], query).toContain(answer.status);
      if (answer.status === 200) expect(answer.text).toContain('"items":[]');
    }
  });

  it('S98 ranges of something that is not there', async () => {
    for (const range of ['bytes=0-,0-,0-', 'bytes=-1', 'bytes=9-1', `bytes=${'0-,'.repeat(3000)}`]) {
      const answer = await bench.send('GET', `${MODELS}/20240101_000000/download`, { headers: { range } });
      expect(answer.status).toBe(404);
    }
  });

  it('S103 methods that are none of ours', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'OPTIONS', 'PURGE', 'LOCK']) {
      const answer = await bench.send(method, MODELS);
      expect(answer.status, method).toBe(405);
      expect(answer.headers['allow']).toContain('GET');
    }
    const star = await bench.raw('OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    expect(star.text).toMatch(/^HTTP\/1\.1 405 /);
    const tunnel = await bench.raw('CONNECT evil.com:443 HTTP/1.1\r\nHost: evil.com:443\r\n\r\n');
    expect(tunnel.text).toMatch(/^HTTP\/1\.1 405 /);
    const withBody = await bench.send('GET', MODELS, {
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(withBody.status).toBe(200);
  });
});
