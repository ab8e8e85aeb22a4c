import type { IncomingMessage } from 'node:http';
import type { Identity } from './identity.js';

const identities = new WeakMap<IncomingMessage, Identity>();

/** Once for a request, by the middleware that looked at its key. */
export function setIdentity(request: IncomingMessage, identity: Identity): void {
  identities.set(request, identity);
}

/** undefined = nobody has looked yet (a public route), so it may do nothing that needs a scope. */
export function identityOf(request: IncomingMessage): Identity | undefined {
  return identities.get(request);
}

/** Who a request comes from, for the audit log: the key's name, or the address where no key is needed. */
export function actorOf(request: IncomingMessage): string {
  return identityOf(request)?.name ?? `api:${request.socket.remoteAddress ?? 'unknown'}`;
}
