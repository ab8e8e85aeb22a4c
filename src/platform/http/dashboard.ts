import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { DashboardFile, DashboardFiles } from './dashboard-files.js';

/** Stands in the page where the nonce of this answer goes. */
export const NONCE_PLACEHOLDER = '__CSP_NONCE__';
/** What belongs to programs: no page of the dashboard has such an address. */
const FOR_PROGRAMS = /^\/(api|v2|metrics)(\/|$)/;
const YEAR_S = 31_536_000;
const NOT_BUILT = 'The dashboard is not built. Run "npm run build", then start the service again.\n';

/**
 * Serves the dashboard. Its files are public: they hold no data and are the same everywhere. All data comes from the API,
 * which asks for a key where one is needed.
 */
export class Dashboard {
  constructor(private readonly built: DashboardFiles) {}

  /** Whether a request is for a file or a page of the dashboard, and so needs no key. */
  answers({ method, path, headers }: Pick<Request, 'method' | 'path' | 'headers'>): boolean {
    if (method !== 'GET' && method !== 'HEAD') return false;
    if (path === '/' || this.built.files.has(path)) return true;
    return !FOR_PROGRAMS.test(path) && (headers.accept ?? '').includes('text/html');
  }

  handler(): RequestHandler {
    return (request, response, next) => {
      if (!this.answers(request)) {
        next();
        return;
      }
      const file = this.built.files.get(request.path);
      if (file !== undefined) sendFile(request, response, file);
      else this.sendPage(response);
    };
  }

  /** The one page, for each address of the dashboard: what it shows is decided in the browser. */
  private sendPage(response: Response): void {
    response.setHeader('cache-control', 'no-cache');
    if (this.built.index === null) {
      response.status(503).type('text/plain').send(NOT_BUILT);
      return;
    }
    const nonce = randomBytes(16).toString('base64url');
    response.setHeader('content-security-policy', pagePolicy(nonce));
    response.type('text/html').send(this.built.index.replaceAll(NONCE_PLACEHOLDER, nonce));
  }
}

/** Styles are written by scripts of this page only, which know the nonce. */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join(';');
}

function sendFile(request: Request, response: Response, file: DashboardFile): void {
  const isGzip = file.gzip !== null && request.acceptsEncodings('gzip') === 'gzip';
  response.setHeader('cache-control', file.isImmutable ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
  response.setHeader('content-type', file.type);
  response.setHeader('vary', 'accept-encoding');
  response.setHeader('etag', isGzip ? file.etag.replace(/"$/, '-gzip"') : file.etag);
  if (isGzip) response.setHeader('content-encoding', 'gzip');
  response.send(isGzip ? file.gzip : file.plain);
}
