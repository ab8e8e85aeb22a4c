import type { RequestHandler } from 'express';

type Method = 'get' | 'post' | 'delete';

/** An address of the service before this one, and the route that answers it now. */
export interface LegacyRoute {
  readonly method: Method;
  /** With `{name}` for a part of the path. */
  readonly path: string;
  readonly to: { readonly method: Method; readonly path: string; readonly query?: string };
}

const PREFIX = '/api/v1';
const route = (
  method: Method,
  path: string,
  to: string,
  answers: Method = method,
  query?: string,
): LegacyRoute => ({
  method,
  path: PREFIX + path,
  to: { method: answers, path: PREFIX + to, ...(query === undefined ? {} : { query }) },
});

export const LEGACY_ROUTES: readonly LegacyRoute[] = [
  route('post', '/training/start', '/training/train'),
  route('post', '/training/jobs', '/training/train'),
  route('get', '/training/jobs', '/training/runs'),
  route('get', '/training/list', '/training/runs'),
  route('get', '/training/jobs/{training_id}', '/training/status/{training_id}'),
  route('delete', '/training/jobs/{training_id}', '/training/{training_id}/cancel', 'post'),
  route('delete', '/training/cancel/{training_id}', '/training/{training_id}/cancel', 'post'),
  route('get', '/training/exports', '/exports'),
  route('get', '/models/list', '/models'),
  route('post', '/models/upload', '/models/import'),
  route('get', '/models/{version}/deployment-package', '/models/{version}/download', 'get', 'format=package'),
];

/** RFC 9745 and RFC 8594: since when an address is deprecated, and until when it answers at least. */
export const DEPRECATED_SINCE = '@1795219200';
export const SUNSET = 'Sun, 21 Nov 2027 00:00:00 GMT';

/** The predecessor had no version in its addresses. */
const WITHOUT_VERSION = /^\/api\/(?=(training|models|health|settings|exports)(\/|$|\?))/;

const patterns = LEGACY_ROUTES.map((legacy) => ({
  legacy,
  pattern: new RegExp(`^${legacy.path.replace(/\{\w+\}/g, '([^/]{1,200})')}/?$`),
}));

/**
 * Answers old addresses with the present routes: the same handler, authorisation included. In front of everything that
 * looks at the path.
 */
export function legacyRoutes(): RequestHandler {
  return (request, response, next) => {
    const url = request.url.replace(WITHOUT_VERSION, `${PREFIX}/`);
    const [path, query] = split(url);
    const method = request.method === 'HEAD' ? 'get' : request.method.toLowerCase();
    for (const { legacy, pattern } of patterns) {
      const match = legacy.method === method ? pattern.exec(path) : null;
      if (match === null) continue;
      const { to } = legacy;
      const parts = match.slice(1);
      const target = to.path.replace(/\{\w+\}/g, () => parts.shift() ?? '');
      request.url = withQuery(target, [to.query, query].filter((part) => part !== undefined).join('&'));
      if (request.method !== 'HEAD') request.method = to.method.toUpperCase();
      announce(response, target);
      next();
      return;
    }
    if (url !== request.url) {
      request.url = url;
      announce(response, path);
    }
    next();
  };
}

function announce(response: { setHeader(name: string, value: string): unknown }, successor: string): void {
  response.setHeader('deprecation', DEPRECATED_SINCE);
  response.setHeader('sunset', SUNSET);
  // The path of a request: letters that end a header or a link are percent-encoded by then.
  response.setHeader('link', `<${encodeURI(successor).replace(/[<>"\s]/g, '')}>; rel="successor-version"`);
}

function split(url: string): [path: string, query: string | undefined] {
  const at = url.indexOf('?');
  return at < 0 ? [url, undefined] : [url.slice(0, at), url.slice(at + 1)];
}

const withQuery = (path: string, query: string): string => (query === '' ? path : `${path}?${query}`);
