import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import type { RefusalAudit } from './refusal-audit.js';
import { refuse } from './refuse.js';

const REQUEST_ID = /^[\w.-]{1,100}$/;
const TRACE = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** Longer than any address of this API, a page cursor included. */
const MAX_URL_LENGTH = 4096;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Gives every request an id (the client's, if it is plain) and answers with it; `traceparent` is given back. */
export function requestId(): RequestHandler {
  return (request, response, next) => {
    const given = request.headers['x-request-id'];
    response.setHeader(
      'x-request-id',
      typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID(),
    );
    const trace = request.headers.traceparent;
    if (typeof trace === 'string' && isTrace(trace)) response.setHeader('traceparent', trace);
    next();
  };
}

/** W3C Trace Context: ids of zeros only are none. */
const isTrace = (text: string): boolean => TRACE.test(text) && !/^ff|-0{32}-|-0{16}-/.test(text);

/**
 * Known methods, a path as the target (not another server's address, as a proxy gets it), and not too long.
 * @param hasOrigins pages of other origins may call: their browsers ask with OPTIONS first
 */
export function targetGuard(hasOrigins: boolean): RequestHandler {
  const allowed = hasOrigins ? [...METHODS, 'OPTIONS'] : METHODS;
  return (request, response, next) => {
    const { method, originalUrl } = request;
    if (!allowed.includes(method)) {
      const headers = { allow: allowed.join(', ') };
      const detail = 'This method is not one of the API.';
      refuse(response, { status: 405, code: 'method_not_allowed', detail, headers });
    } else if (!originalUrl.startsWith('/')) {
      const detail = 'The request target must be a path.';
      refuse(response, { status: 400, code: 'bad_request', detail });
    } else if (originalUrl.length > MAX_URL_LENGTH) {
      const detail = `The address is longer than ${MAX_URL_LENGTH} characters.`;
      refuse(response, { status: 414, code: 'uri_too_long', detail });
    } else next();
  };
}

/**
 * Refuses requests for a host name that is not ours: a page elsewhere cannot reach a service on this machine through
 * a name it controls (DNS rebinding).
 */
export function hostGuard(allowed: readonly string[]): RequestHandler {
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  return (request, response, next) => {
    const host = (request.headers.host ?? '').toLowerCase().replace(/:\d{1,5}$/, '');
    if (names.has(host) && countOf(request, 'host') === 1) next();
    else {
      const detail = 'This service does not answer for that host name.';
      refuse(response, { status: 421, code: 'misdirected_request', detail });
    }
  };
}

/** Node keeps the first of several Host headers; something in front of us may have looked at another. */
function countOf({ rawHeaders }: Request, name: string): number {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length;
}

/**
 * Refuses changes asked for by a page of another origin. A browser sends simple forms anywhere without asking first, and
 * a service on this machine may be open: the page could not read the answer, but the upload would have happened.
 */
export function originGuard(allowed: readonly string[], refusals: RefusalAudit): RequestHandler {
  const origins = new Set(allowed);
  return (request, response, next) => {
    if (READING.has(request.method) || isOurs(request, origins)) {
      next();
      return;
    }
    refusals.record(request, 403, 'a page of another origin');
    const detail = 'Pages of this origin may not change anything here.';
    const hint = 'Add the origin to api.cors_origins if it is one of yours.';
    refuse(response, { status: 403, code: 'forbidden_origin', detail, hint });
  };
}

function isOurs({ headers }: Request, origins: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return headers['sec-fetch-site'] !== 'cross-site';
  return origins.has(origin) || origin === `http://${host ?? ''}` || origin === `https://${host ?? ''}`;
}

/** The answer for an address that no route has. */
export function unknownAddress(): RequestHandler {
  return (_request, response) => {
    refuse(response, { status: 404, code: 'not_found', detail: 'There is nothing at this address.' });
  };
}
