import { PassThrough, type Readable } from 'node:stream';
import type { Request } from 'express';

/**
 * The body of a request as a stream of its own: what reads it may fail without ending the connection, so that the client
 * gets an answer. It fails when the client goes away, also when that happened before anybody listened.
 */
export function bodyOf(request: Request): Readable {
  const body = new PassThrough();
  const gone = (): void => {
    if (!request.complete) body.destroy(new Error('the client went away'));
  };
  request.once('close', gone);
  if (request.destroyed) gone();
  request.pipe(body);
  body.once('close', () => {
    request.unpipe(body);
    request.removeListener('close', gone);
  });
  return body;
}
