import { once } from 'node:events';
import { Agent, createServer, get, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { requestGate, type GateLimits } from './request-gate.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server behind a gate; `paths` are the requests that have begun, in that order. */
async function serverWith(limits: GateLimits, handle: (response: ServerResponse, path: string) => void) {
  const paths: string[] = [];
  const listener = requestGate((request, response) => {
    paths.push(request.url ?? '');
    handle(response, request.url ?? '');
  }, limits);
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const ask = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = get({ host: '127.0.0.1', port, path, agent }, (answer) => {
        answer.resume().once('end', () => {
          resolve(answer.statusCode ?? 0);
        });
      });
      asked.once('error', reject);
    });
  return { paths, ask, port };
}

describe('the gate in front of the routes', () => {
  it('answers a liveness probe before the requests that came with it', async () => {
    const { paths, ask } = await serverWith({ atOnce: 2, holdMs: 1_000 }, (response, path) => {
      if (path.startsWith('/api/v1/health')) response.end();
      else setTimeout(() => response.end(), 5);
    });
    const readers = Array.from({ length: 60 }, (_, i) => ask(`/${i}`));
    const probe = ask('/api/v1/health/live');
    expect(await probe).toBe(200);
    expect(paths.length).toBeLessThan(30);
    expect(await Promise.all(readers)).toEqual(new Array(60).fill(200));
  });

  it('lets a readiness probe begin next, whoever waits', async () => {
    const waiting: ServerResponse[] = [];
    const { paths, ask } = await serverWith({ atOnce: 1, holdMs: 60_000 }, (response, path) => {
      if (path.startsWith('/api/v1/health')) response.end();
      else waiting.push(response);
    });
    const readers = ['/a', '/b'].map(ask);
    await expect.poll(() => paths).toEqual(['/a']);
    expect(await ask('/api/v1/health/ready?x=1')).toBe(200);
    expect(paths).toEqual(['/a', '/api/v1/health/ready?x=1']);
    waiting[0].end();
    await expect.poll(() => paths.at(-1)).toBe('/b');
    waiting[1].end();
    await Promise.all(readers);
  });

  it('begins no more than its limit, and goes on when the head of an answer is written', async () => {
    const open: ServerResponse[] = [];
    const { paths, ask } = await serverWith({ atOnce: 2, holdMs: 60_000 }, (response) => {
      open.push(response);
    });
    const readers = ['/a', '/b', '/c'].map(ask);
    await expect.poll(() => paths.length).toBe(2);
    await sleep(20);
    expect(paths).toHaveLength(2);
    // An event stream: the answer has begun and does not end.
    open[0].writeHead(200);
    open[0].flushHeaders();
    await expect.poll(() => paths.length).toBe(3);
    for (const response of open) response.end();
    await Promise.all(readers);
  });

  it('does not wait longer than it holds for an answer that takes its time', async () => {
    const open: ServerResponse[] = [];
    const { paths, ask } = await serverWith({ atOnce: 1, holdMs: 20 }, (response) => {
      open.push(response);
    });
    const readers = ['/a', '/b'].map(ask);
    await expect.poll(() => paths).toEqual(['/a', '/b']);
    for (const response of open) response.end();
    expect(await Promise.all(readers)).toEqual([200, 200]);
  });

  it('leaves out a request whose client has gone', async () => {
    const open: ServerResponse[] = [];
    const { paths, ask, port } = await serverWith({ atOnce: 1, holdMs: 60_000 }, (response) => {
      open.push(response);
    });
    const first = ask('/a');
    await expect.poll(() => paths).toEqual(['/a']);
    const gone = get({ host: '127.0.0.1', port, path: '/gone', agent: new Agent() });
    gone.on('error', () => undefined);
    await sleep(30);
    gone.destroy();
    await sleep(30);
    const last = ask('/last');
    await sleep(30);
    open[0].end();
    await expect.poll(() => paths).toEqual(['/a', '/last']);
    open[1].end();
    expect(await Promise.all([first, last])).toEqual([200, 200]);
  });
});
