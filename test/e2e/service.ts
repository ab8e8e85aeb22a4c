import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import type { CliProcess, CliResult, CliSandbox } from '../support/cli.js';
import { eventually } from '../support/embedded-sandbox.js';

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A running `mcp-training serve` and what a client does with it. */
export class Service {
  private constructor(
    private readonly process: CliProcess,
    readonly port: number,
  ) {}

  static async start(
    sandbox: CliSandbox,
    {
      args = [],
      env = {},
      key,
      timeoutMs = 900_000,
    }: { args?: string[]; env?: Record<string, string>; key?: string; timeoutMs?: number } = {},
  ): Promise<Service> {
    const port = await freePort();
    const process = sandbox.start(['serve', '--port', String(port), ...args], {
      env: key === undefined ? env : { ...env, TRAINING_API_KEY: key },
      timeoutMs,
    });
    const service = new Service(process, port);
    await eventually('the service is ready', 60_000, async () => {
      if (process.child.exitCode !== null)
        throw new Error(`serve ended: ${process.stderr()}${process.stdout()}`);
      return service.get('/api/v1/health/ready').then(
        ({ status }) => status === 200,
        () => false,
      );
    });
    return service;
  }

  get<T = Record<string, unknown>>(path: string, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.send<T>('GET', path, undefined, headers);
  }

  post<T = Record<string, unknown>>(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return this.send<T>('POST', path, body, headers);
  }

  async send<T>(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const raw = body === undefined || body instanceof FormData || typeof body === 'string';
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: {
        ...(body instanceof FormData || body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: raw ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson && text !== '' ? JSON.parse(text) : {}) as T,
    };
  }

  /** fetch forbids a Host header of one's own, and tidies paths up; this sends both as they are. */
  async rawStatus(path: string, headers: Record<string, string> = {}): Promise<number> {
    const call = request({
      host: '127.0.0.1',
      port: this.port,
      path,
      headers,
      setHost: !('Host' in headers),
    });
    call.end();
    const [response] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    return response.statusCode;
  }

  /** Server-sent events until `until` holds for one, or the server ends the stream. */
  async events(
    path: string,
    until: (event: ServerEvent) => boolean,
    headers: Record<string, string> = {},
  ): Promise<ServerEvent[]> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      headers: { Accept: 'text/event-stream', ...headers },
      signal: AbortSignal.timeout(60_000),
    });
    if (response.status !== 200 || response.body === null)
      throw new Error(`${response.status} ${await response.text()}`);
    const received: ServerEvent[] = [];
    let pending = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      pending += chunk;
      const blocks = pending.split(/\r?\n\r?\n/);
      pending = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event === null) continue;
        received.push(event);
        if (until(event)) return received;
      }
    }
    return received;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<CliResult> {
    this.process.child.kill(signal);
    return this.process.done;
  }

  get log(): string {
    return this.process.stdout() + this.process.stderr();
  }

  get ended(): Promise<CliResult> {
    return this.process.done;
  }
}

function parseEvent(block: string): ServerEvent | null {
  const field = (name: string): string =>
    block
      .split(/\r?\n/)
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trimStart())
      .join('\n');
  const data = field('data');
  return data === ''
    ? null
    : { id: field('id'), event: field('event'), data: JSON.parse(data) as ServerEvent['data'] };
}

export function multipart(fileName: string, content: string | Uint8Array<ArrayBuffer>): FormData {
  const form = new FormData();
  form.append('file', new Blob([content]), fileName);
  return form;
}
