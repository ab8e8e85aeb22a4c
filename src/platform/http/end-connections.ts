import type { Server } from 'node:http';

/**
 * Bounds how long closing a server may take: what is still connected after `graceMs` is cut off. Without it closing
 * waits for as long as a client likes: for an upload that never ends, for an event stream, and for a connection that
 * has never sent anything, which Node counts as busy.
 */
export function endConnections(server: unknown, graceMs: number): void {
  const http = server as Server;
  http.closeIdleConnections();
  setTimeout(() => {
    http.closeAllConnections();
  }, graceMs).unref();
}
