import { Readable } from 'node:stream';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { AppError } from '../../shared/errors.js';
import type { OutboundCall, OutboundClient } from '../outbound/outbound-client.js';

/** An object of a version is a few megabytes; more than this is nothing of ours. */
const MAX_ANSWER_BYTES = 1024 * 1024 * 1024;
/** Said by the outbound client itself. */
const OWN_HEADERS = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'expect']);

/** The part of the SDK's request that is needed here. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null | undefined>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Carries the SDK's requests through the outbound client, so that they obey its rules like every other call. */
export function s3Transport(
  outbound: OutboundClient,
  timeoutMs: number,
): NonNullable<S3ClientConfig['requestHandler']> {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: SdkRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) {
      const { status, headers, body } = await outbound
        .call({
          method: request.method as OutboundCall['method'],
          url: urlOf(request),
          headers: Object.fromEntries(
            Object.entries(request.headers).filter(([name]) => !OWN_HEADERS.has(name.toLowerCase())),
          ),
          body: bodyOf(request.body),
          timeoutMs,
          maxBytes: MAX_ANSWER_BYTES,
          signal: abortSignal,
        })
        .catch((error: unknown) => {
          throw transient(error);
        });
      return { response: { statusCode: status, headers: flat(headers), body: Readable.from([body]) } };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  };
}

function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? (value as readonly string[]) : [value as string | null | undefined];
    return values.map((one) => (one == null ? escaped(name) : `${escaped(name)}=${escaped(one)}`));
  });
  const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search}`;
}

/** As signatures need it: everything but RFC 3986's unreserved characters. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function bodyOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  throw new AppError('internal', 'A request to the artifact store has a body of an unexpected kind.');
}

const flat = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );

/** The SDK tries again what it knows by this name: nobody was there, or not in time. */
function transient(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'unavailable') return error;
  return Object.assign(new Error(error.message, { cause: error }), { name: 'TimeoutError' });
}
