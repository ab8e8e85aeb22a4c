import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { MetricsAnswer } from '../metrics/worker-metrics.js';
import { endConnections } from '../http/end-connections.js';

const RETRY_AFTER_SECONDS = 5;
const HEAD_TIMEOUT_MS = 10_000;
const CLOSE_MS = 500;

export interface ProbeServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface ProbeServerOptions {
  readonly host: string;
  readonly port: number;
  /** Why no work can be done, or null when it can; asked with every probe. */
  readonly notReady: () => string | null;
  /** What `/metrics` answers; null = nothing yet. */
  readonly metrics?: () => ((headers: IncomingHttpHeaders) => Promise<MetricsAnswer>) | null;
}

/**
 * The probes without the service behind them: while its database is away, and for a worker, which has no HTTP of its
 * own. `live` is 200 as long as the process answers; whatever else is asked is 503 until somebody can answer it.
 */
export async function startProbeServer(options: ProbeServerOptions): Promise<ProbeServer> {
  const { host, port, notReady } = options;
  const server: Server = createServer({ headersTimeout: HEAD_TIMEOUT_MS }, (request, response) => {
    const metrics = request.url === '/metrics' ? (options.metrics?.() ?? null) : null;
    if (metrics === null) answer(request, response, notReady);
    else void answerMetrics(request, response, metrics);
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      endConnections(server, CLOSE_MS);
      await closed;
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, notReady: () => string | null): void {
  const path = (request.url ?? '/').split('?')[0].replace(/^\/api\/v1/, '');
  const reason = path === '/health/live' ? null : notReady();
  const isProbe = /^\/health(\/(live|ready|startup))?$/.test(path);
  request.resume();
  if (isProbe && reason === null) {
    send(response, 200, 'application/json', { status: 'ok' });
    return;
  }
  const [status, code, title, detail] =
    reason === null
      ? ([404, 'not_found', 'Not found', 'Only the health probes answer here.'] as const)
      : ([503, 'unavailable', 'Service unavailable', reason] as const);
  if (status === 503) response.setHeader('retry-after', RETRY_AFTER_SECONDS);
  const type = `urn:mcp-training:problem:${code}`;
  send(response, status, 'application/problem+json', { type, title, status, detail, code });
}

async function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: (headers: IncomingHttpHeaders) => Promise<MetricsAnswer>,
): Promise<void> {
  request.resume();
  // The key could not be looked up: the database is away.
  const unavailable: MetricsAnswer = { status: 503, type: 'text/plain', text: 'Not now.\n' };
  const { status, type, text } = await metrics(request.headers).catch(() => unavailable);
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}

function send(response: ServerResponse, status: number, type: string, document: unknown): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(JSON.stringify(document));
}
