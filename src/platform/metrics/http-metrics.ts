import type { Request, RequestHandler, Response } from 'express';
import { arrivalOf } from '../http/request-gate.js';
import type { ServiceMetrics } from './service-metrics.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Whatever was asked for, it is one label: addresses are made up by clients. */
const UNMATCHED = 'unmatched';

/** Counts and times requests by the template of their route. The first handler of all, so that refusals count too. */
export function httpMetrics(metrics: ServiceMetrics): RequestHandler {
  return (request, response, next) => {
    const begun = arrivalOf(request);
    metrics.add('http_requests_in_flight', 1);
    // After the answer was sent, or after the client has gone.
    response.once('close', () => {
      metrics.add('http_requests_in_flight', -1);
      const labels = { method: methodOf(request), route: routeOf(request) };
      metrics.count('http_requests_total', 1, { ...labels, status: statusOf(response) });
      if (!isEventStream(response)) {
        metrics.time('http_request_duration_seconds', (performance.now() - begun) / 1000, labels);
      }
    });
    next();
  };
}

const methodOf = ({ method }: Request): string => (METHODS.has(method) ? method : 'other');

function routeOf(request: Request): string {
  const route = request.route as { readonly path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : UNMATCHED;
}

/** `aborted`: the client went away before the answer was complete. */
const statusOf = (response: Response): string =>
  response.writableFinished ? String(response.statusCode) : 'aborted';

const isEventStream = (response: Response): boolean =>
  String(response.getHeader('content-type')).startsWith('text/event-stream');
