import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { ExpressAdapter } from '@nestjs/platform-express';
import { requestGate } from './request-gate.js';

const HEADERS_TIMEOUT_MS = 10_000;
/** Node's 5 minutes would cut off the upload of a large export; one that stops coming is ended much earlier. */
const REQUEST_TIMEOUT_MS = 6 * 60 * 60 * 1000;
/** Node's half minute would let headers come for four times as long as they may. */
const CHECK_INTERVAL_MS = 1_000;
const KEEP_ALIVE_MS = 5_000;
const MAX_HEADER_BYTES = 16_384;
const LINGER_MS = 2_000;

interface ParserError extends Error {
  readonly code?: string;
}

/** Express on a server that waits for nobody, and answers what is not HTTP like every other mistake. */
export class LimitedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
      },
      requestGate(this.getInstance<RequestListener>()),
    );
    answerNoHttp(server);
    this.httpServer = server;
  }
}

function answerNoHttp(server: Server): void {
  server.on('clientError', (error: ParserError, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) socket.destroy();
    else if (error.code === 'HPE_HEADER_OVERFLOW') end(socket, 431, 'The headers are too large.');
    else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') end(socket, 408, 'The request came too slowly.');
    else end(socket, 400, 'The request is not valid HTTP.');
  });
  // A tunnel to somewhere else.
  server.on('connect', (_request, socket) => {
    end(socket, 405, 'This method is not one of the API.');
  });
}

/** An answer is on its way through this socket: nothing may be written into the middle of it. */
function isAnswering(socket: Duplex): boolean {
  const { _httpMessage: message } = socket as { _httpMessage?: { headersSent?: boolean } | null };
  return message?.headersSent === true;
}

function end(socket: Duplex, status: number, detail: string): void {
  const title = STATUS_CODES[status] ?? 'Error';
  const code = title.toLowerCase().replace(/ /g, '_');
  const type = `urn:mcp-training:problem:${code}`;
  const body = JSON.stringify({ type, title, status, detail, instance: '/', code, request_id: '' });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.on('error', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
