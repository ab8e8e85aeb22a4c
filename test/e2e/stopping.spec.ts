import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox } from '../support/cli.js';
import { eventually } from '../support/embedded-sandbox.js';
import { Service } from './service.js';

/** The grace for open connections is 3 s; the rest is what a busy machine needs to close a database. */
const BOUND_MS = 15_000;

describe('a service that is told to stop', () => {
  let sandbox: CliSandbox;
  let service: Service;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    sandbox = await CliSandbox.create('stopping');
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(() => sandbox.cleanUp());

  async function open(head = ''): Promise<Socket> {
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(head);
    return socket;
  }

  const uploading = (): string[] => readdirSync(sandbox.exportsDir).filter((name) => name.startsWith('.'));

  it.each<[string, () => Promise<unknown>]>([
    ['nobody is connected', () => Promise.resolve()],
    ['a client has connected and never says anything', () => open()],
    ['a client keeps its connection for later', () => keptAlive(service.port)],
    ['a head has begun and never ends', () => open('GET /api/v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n')],
    [
      'an upload has begun and never ends',
      async () => {
        await open(
          'POST /api/v1/exports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n' +
            'Content-Type: multipart/form-data; boundary=XX\r\n\r\n' +
            '--XX\r\nContent-Disposition: form-data; name="file"; filename="cut.json"\r\n\r\nhalf',
        );
        await eventually('the upload is under way', 5_000, () => uploading().length === 1);
      },
    ],
  ])('ends with 0 in bounded time while %s', async (_, occupy) => {
    service = await Service.start(sandbox);
    await occupy();
    const begun = performance.now();
    const { code, signal } = await service.stop('SIGTERM');
    expect([code, signal]).toEqual([0, null]);
    expect(performance.now() - begun).toBeLessThan(BOUND_MS);
    expect(uploading()).toEqual([]);
  });
});

/** One answered request over a connection that stays open. */
async function keptAlive(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const call = request({ host: '127.0.0.1', port, path: '/api/v1/health/live', agent });
  call.end();
  const [response] = (await once(call, 'response')) as [NodeJS.ReadableStream];
  response.resume();
  await once(response, 'end');
}
