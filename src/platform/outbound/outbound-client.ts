import { lookup } from 'node:dns/promises';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { AppError } from '../../shared/errors.js';
import { kindOfAddress } from './address-rules.js';
import {
  checkedHeaders,
  isAddress,
  outboundTarget,
  refused,
  type OutboundTarget,
} from './outbound-target.js';

export interface OutboundCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  /** From the first look-up to the last byte. */
  readonly timeoutMs: number;
  /** A longer answer is a failure. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  /** Also 3xx: redirects are never followed. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface OutboundOptions {
  /**
   * Hosts that the operator has named in the configuration or the environment: they may be on this machine or in a private
   * network. Everybody else's must be public.
   */
  readonly trustedHosts?: readonly string[];
  readonly resolve?: (host: string) => Promise<ResolvedAddress[]>;
  /** What the socket says it is connected to. */
  readonly peerOf?: (socket: Socket) => string | undefined;
}

const MAX_BYTES = 1024 * 1024;

/**
 * The only way out of this service for HTTP. A name is resolved once, every address it has is checked, the connection goes
 * to the checked address, and the peer of the connected socket is compared with it before a byte is sent: a name that
 * changes between the looks reaches nothing.
 */
export class OutboundClient {
  private readonly trusted: ReadonlySet<string>;
  private readonly resolve: (host: string) => Promise<ResolvedAddress[]>;
  private readonly peerOf: (socket: Socket) => string | undefined;

  constructor({ trustedHosts = [], resolve, peerOf }: OutboundOptions = {}) {
    this.trusted = new Set(trustedHosts.map((host) => host.toLowerCase().replace(/^\[|\]$/g, '')));
    this.resolve = resolve ?? ((host) => lookup(host, { all: true, verbatim: true }));
    this.peerOf = peerOf ?? ((socket) => socket.remoteAddress);
  }

  /**
   * @throws AppError `validation_failed` for an address that may not be called, `unavailable` when nobody answers in time,
   *   `cancelled` when the signal fires
   */
  async call(call: OutboundCall): Promise<OutboundAnswer> {
    const target = outboundTarget(call.url, (host) => this.trusted.has(host));
    const headers = checkedHeaders(call.headers ?? {});
    const deadline = AbortSignal.timeout(call.timeoutMs);
    const signal = AbortSignal.any([deadline, ...(call.signal === undefined ? [] : [call.signal])]);
    try {
      const address = await abortable(this.addressOf(target), signal);
      return await this.send(target, address, { ...call, headers, signal });
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (call.signal?.aborted === true) throw new AppError('cancelled', 'The call was given up.');
      const why = deadline.aborted ? `did not answer within ${call.timeoutMs} ms` : 'cannot be reached';
      throw new AppError('unavailable', `${target.host}, port ${target.port}, ${why}.`, { cause: error });
    }
  }

  private async addressOf({ host }: OutboundTarget): Promise<ResolvedAddress> {
    const isTrusted = this.trusted.has(host);
    const all = isAddress(host)
      ? [{ address: host, family: host.includes(':') ? 6 : 4 }]
      : await this.resolve(host);
    const isAllowed = ({ address }: ResolvedAddress): boolean => {
      const kind = kindOfAddress(address);
      return kind === 'public' || (kind === 'private' && isTrusted);
    };
    // One that may not be called is enough: the next answer could be that one alone.
    if (all.length === 0 || !all.every(isAllowed))
      throw refused('does not lead to a host that may be called');
    return all[0];
  }

  private send(
    target: OutboundTarget,
    pinned: ResolvedAddress,
    { method, body, headers, maxBytes = MAX_BYTES, signal }: OutboundCall,
  ): Promise<OutboundAnswer> {
    return new Promise((resolve, reject) => {
      const call = (target.isTls ? httpsRequest : httpRequest)({
        method,
        host: target.host,
        port: target.port,
        path: target.path,
        headers: { ...headers, ...lengthOf(body) },
        lookup: always(pinned),
        agent: false,
        signal,
        // Names are for certificates; an address has none to send.
        ...(target.isTls && !isAddress(target.host) ? { servername: target.host } : {}),
      });
      call.on('error', reject);
      call.once('socket', (socket) => {
        socket.once('connect', () => {
          if (this.peerOf(socket) !== pinned.address) call.destroy(refused('was answered by another host'));
          else write(call, body);
        });
      });
      call.once('response', (response) => {
        collect(response, maxBytes).then((bytes) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes });
        }, reject);
      });
    });
  }
}

/** The resolver of the connection: it knows one answer. */
function always({ address, family }: ResolvedAddress): LookupFunction {
  return (_host, options, callback) => {
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

function lengthOf(body: OutboundCall['body']): Record<string, string> {
  if (body === undefined) return {};
  if (typeof body === 'string' || body instanceof Uint8Array)
    return { 'content-length': String(Buffer.byteLength(body)) };
  return { 'transfer-encoding': 'chunked' };
}

function write(call: ClientRequest, body: OutboundCall['body']): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    call.end(body);
    return;
  }
  body.once('error', (error) => call.destroy(error));
  call.once('close', () => body.destroy());
  body.pipe(call);
}

async function collect(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(new Error('aborted'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}
