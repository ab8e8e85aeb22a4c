import { randomUUID, timingSafeEqual, createHash } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

const REQUEST_ID = /^[\w.-]{1,100}$/;

/** Gives every request an id (the client's, if it is plain) and answers with it. */
export function requestId(): RequestHandler {
  return (request, response, next) => {
    const given = request.headers['x-request-id'];
    response.setHeader(
      'x-request-id',
      typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID(),
    );
    next();
  };
}

/**
 * Refuses requests for a host name that is not ours: a page elsewhere cannot reach a service on this machine through
 * a name it controls (DNS rebinding).
 */
export function hostGuard(allowed: readonly string[]): RequestHandler {
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  return (request, response, next) => {
    const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
    if (names.has(host)) next();
    else refuse(response, 421, 'misdirected_request', 'This service does not answer for that host name.');
  };
}

/** Without a key everything is open (loopback only); with one, everything but the probes needs it. */
export function apiKeyGuard(key: string | null): RequestHandler {
  if (key === null) {
    return (_request, _response, next) => {
      next();
    };
  }
  const expected = digest(key);
  return (request: Request, response: Response, next: NextFunction) => {
    if (request.path.startsWith('/api/v1/health')) {
      next();
      return;
    }
    const given = bearer(request.headers.authorization) ?? request.headers['x-api-key'];
    if (typeof given === 'string' && timingSafeEqual(digest(given), expected)) next();
    else {
      response.setHeader('www-authenticate', 'Bearer');
      refuse(response, 401, 'unauthorized', 'This service needs an API key: "Authorization: Bearer <key>".');
    }
  };
}

/** The answer for an address that no route has. */
export function unknownAddress(): RequestHandler {
  return (_request, response) => {
    refuse(response, 404, 'not_found', 'There is nothing at this address.');
  };
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? '')?.[1];
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refuse(response: Response, status: number, code: string, detail: string): void {
  const requestIdHeader = response.getHeader('x-request-id')?.toString() ?? '';
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:mcp-training:problem:${code}`,
        title: detail,
        status,
        detail,
        instance: '/',
        code,
        request_id: requestIdHeader,
      }),
    );
}
