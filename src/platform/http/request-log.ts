import type { Request, RequestHandler, Response } from 'express';
import type { AppLogger } from '../logging/app-logger.js';
import { identityOf } from '../security/actor.js';
import { hasKeyInUrl } from './access.js';
import { arrivalOf } from './request-gate.js';

const PATH_LENGTH = 200;
const PROBES = '/api/v1/health';

/**
 * One line a request, when it has been answered: who, what, how it ended, how long it took. Never a query or a body;
 * probes, which come every few seconds, only when details are logged.
 */
export function requestLog(logger: AppLogger, environmentKey: string | null): RequestHandler {
  return (request, response, next) => {
    const begunMs = arrivalOf(request);
    // An address with a key in it stands in no log.
    const path = hasKeyInUrl(request.originalUrl, environmentKey) ? '/' : request.path.slice(0, PATH_LENGTH);
    response.once('close', () => {
      const members = describe(request, response, path, performance.now() - begunMs);
      const text = `${members.method} ${members.path} ${members.status}`;
      logger.event(text, members, path.startsWith(PROBES) ? 'debug' : 'info');
    });
    next();
  };
}

function describe(request: Request, response: Response, path: string, ms: number) {
  const trace = response.getHeader('traceparent')?.toString().split('-')[1];
  return {
    context: 'http',
    method: request.method.slice(0, 20),
    path,
    status: response.statusCode,
    duration_ms: Math.round(ms * 10) / 10,
    // The client went away before the answer was complete.
    ...(response.writableFinished ? {} : { aborted: true }),
    request_id: response.getHeader('x-request-id')?.toString() ?? '',
    ...(trace === undefined ? {} : { trace_id: trace }),
    actor: identityOf(request)?.name ?? null,
  };
}
