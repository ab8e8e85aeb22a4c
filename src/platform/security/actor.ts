import type { Request } from 'express';

/** Who a request comes from, for the audit log. */
export function actorOf(request: Request): string {
  return `api:${request.ip ?? 'unknown'}`;
}
