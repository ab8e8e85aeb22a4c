import { keyStore } from './key-store.js';
import { problemOf, unreachable } from './problem.js';

const PREFIX = '/api/v1';

type Parameter = string | number | boolean | null | undefined;
/** A list is a parameter that is given several times. */
export type Query = Readonly<Record<string, Parameter | readonly string[]>>;

export interface Call {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, given] of Object.entries(query)) {
    for (const value of (Array.isArray(given) ? given : [given]) as readonly Parameter[])
      if (value !== null && value !== undefined && value !== '') parameters.append(name, String(value));
  }
  const text = parameters.toString();
  return `${PREFIX}${path}${text === '' ? '' : `?${text}`}`;
}

export function authorization(): Record<string, string> {
  const { key } = keyStore.read();
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

/** Sends a request; an answer that is no success becomes a ProblemError. */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const { method = 'GET', query, body, headers = {}, signal } = call;
  const response = await fetch(address(path, query), {
    method,
    headers: {
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...authorization(),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    cache: 'no-store',
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  });
  if (response.ok) return response;
  if (response.status === 401) keyStore.needed();
  throw await problemOf(response);
}

export async function getJson<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const response = await send(path, { query, signal });
  return (await response.json()) as T;
}

export async function sendJson<T>(path: string, call: Call): Promise<T> {
  const response = await send(path, call);
  return (response.status === 204 ? null : await response.json()) as T;
}

/** Saves an answer as a file; a plain link could not send the key. */
export async function download(path: string, query: Query, fileName: string): Promise<void> {
  const response = await send(path, { query, headers: { Accept: '*/*' } });
  const given = /filename="?([^";]+)"?/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = given ?? fileName;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}
