import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError } from '../../shared/errors.js';
import { actorOf, setIdentity } from '../security/actor.js';
import { containsApiKey } from '../security/api-key-text.js';
import type { ApiKeysService } from '../security/api-keys.service.js';
import type { Identity } from '../security/identity.js';
import type { Dashboard } from './dashboard.js';
import type { RateLimit } from './rate-limit.js';
import type { RefusalAudit } from './refusal-audit.js';
import { refuse } from './refuse.js';

/**
 * What answers without a key, exactly as written: the probes. Everything else needs one, unknown addresses too; but the
 * files of the dashboard, which hold no data.
 */
export const PUBLIC_PATHS: readonly string[] = [
  '/api/v1/health',
  '/api/v1/health/live',
  '/api/v1/health/ready',
  '/api/v1/health/startup',
  '/v2/health/live',
  '/v2/health/ready',
];

const CHALLENGE = 'Bearer realm="mcp-training"';
const KEY_PARAMETERS = /^(x-)?(api[-_]?key|access[-_]?token|auth(orization)?|token|key)$/i;
/** A wrong key costs as much as so many requests: guessing ends sooner than working. */
const COST_OF_WRONG_KEY = 10;

export interface AccessOptions {
  readonly keys: ApiKeysService;
  /** Only this machine can reach the service: it is open until the first key exists. */
  readonly isLoopback: boolean;
  /** The key of the environment, to notice it in an address. */
  readonly environmentKey: string | null;
  readonly refusals: RefusalAudit;
  readonly limit: RateLimit;
  readonly dashboard: Pick<Dashboard, 'answers'>;
}

/** Finds out who asks, before a body is read or a route looked up. */
export function accessControl(options: AccessOptions): RequestHandler {
  const isPublic = new Set(PUBLIC_PATHS);
  return async (request: Request, response: Response, next: NextFunction) => {
    if (hasKeyInUrl(request.originalUrl, options.environmentKey)) {
      options.refusals.record(request, 401, 'a key in the address');
      unauthorized(response, KEY_IN_URL);
      return;
    }
    if (isPublic.has(request.path) || options.dashboard.answers(request)) {
      next();
      return;
    }
    const identity = await callerOf(request, options);
    const bucket = identity === null || identity.id === ANYBODY ? null : identity.id;
    const isWithin = await options.limit.take(
      request,
      response,
      bucket,
      identity === null ? COST_OF_WRONG_KEY : 1,
    );
    if (!isWithin) return;
    if (identity === null) {
      options.refusals.record(request, 401, 'no valid API key');
      unauthorized(response, hasCredential(request) ? WRONG_KEY : NO_KEY);
      return;
    }
    setIdentity(request, identity);
    next();
  };
}

const ANYBODY = 'anybody';

async function callerOf(request: Request, { keys, isLoopback }: AccessOptions): Promise<Identity | null> {
  const given = credential(request);
  try {
    const identity = given === null ? null : await keys.identify(given);
    if (identity !== null) return identity;
    if (!isLoopback || (await keys.exist())) return null;
  } catch (error) {
    throw new AppError('unavailable', 'API keys cannot be checked: the database does not answer.', {
      cause: error,
    });
  }
  return { id: ANYBODY, name: actorOf(request), scopes: ['admin'] };
}

const hasCredential = ({ headers }: Request): boolean =>
  headers.authorization !== undefined || headers['x-api-key'] !== undefined;

/** Of one of the two headers; null for none, a malformed one, or two that differ. */
function credential({ headers }: Request): string | null {
  const header = headers['x-api-key'];
  const own = typeof header === 'string' && /^[\x21-\x7e]{1,512}$/.test(header) ? header : null;
  if (headers.authorization === undefined) return own;
  const bearer = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(headers.authorization)?.[1] ?? null;
  return header === undefined || own === bearer ? bearer : null;
}

/** An address stands in histories, logs and referrers: a key in it is no secret any more. */
export function hasKeyInUrl(url: string, environmentKey: string | null): boolean {
  const texts = [url, decoded(url)];
  if (texts.some((text) => containsApiKey(text))) return true;
  if (environmentKey !== null && texts.some((text) => text.includes(environmentKey))) return true;
  const query = url.indexOf('?');
  if (query < 0) return false;
  return [...new URLSearchParams(url.slice(query + 1)).keys()].some((name) => KEY_PARAMETERS.test(name));
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

interface Why {
  readonly challenge: string;
  readonly detail: string;
}

const HOW = 'send "Authorization: Bearer <key>" or "X-API-Key: <key>"';
const NO_KEY: Why = { challenge: CHALLENGE, detail: `This service needs an API key: ${HOW}.` };
const WRONG_KEY: Why = {
  challenge: `${CHALLENGE}, error="invalid_token"`,
  detail: 'The API key is not one of this service, or it has expired or was revoked.',
};
const KEY_IN_URL: Why = {
  challenge: `${CHALLENGE}, error="invalid_request"`,
  detail: `A key in the address is refused, because addresses are logged: ${HOW}.`,
};

function unauthorized(response: Response, { challenge, detail }: Why): void {
  refuse(response, {
    status: 401,
    code: 'unauthorized',
    detail,
    headers: { 'www-authenticate': challenge },
  });
}
