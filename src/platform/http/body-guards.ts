import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { AppError } from '../../shared/errors.js';
import { duplicateKey } from './duplicate-key.js';
import { refuse } from './refuse.js';

/** The second is a PATCH that says which kind of patch it is (RFC 7396). */
export const JSON_TYPES = ['application/json', 'application/merge-patch+json'];
/** Read as they come by the routes that take them, which watch their pace themselves. */
const STREAMED = ['multipart/form-data', 'application/octet-stream', 'application/partial-upload'];
/** A JSON body is small: one that takes longer is held back on purpose. */
const BODY_DEADLINE_MS = 30_000;
/** How long the rest of a body may go on coming after its request was answered. */
const DRAIN_MS = 60_000;

/** One way to write a body: plain UTF-8 JSON, or bytes that a route streams. Everything else is 415. */
export function mediaTypeGuard(): RequestHandler {
  return (request, response, next) => {
    const problem = hasBody(request) ? mediaProblem(request) : undefined;
    if (problem === undefined) next();
    else refuse(response, { status: 415, code: 'unsupported_media_type', ...problem });
  };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function mediaProblem({ headers }: Request): { detail: string; hint: string } | undefined {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    const hint = 'An export may itself be a .gz or .zst file; then send it without Content-Encoding.';
    return { detail: 'A compressed body (Content-Encoding) is not accepted.', hint };
  }
  const type = mediaTypeOf(headers['content-type']);
  if (STREAMED.includes(type)) return undefined;
  const charset = /;\s{0,9}charset\s{0,9}=\s{0,9}"?([\w-]{1,40})/i.exec(headers['content-type'] ?? '')?.[1];
  if (JSON_TYPES.includes(type) && /^utf-?8$/i.test(charset ?? 'utf-8')) return undefined;
  return {
    detail: 'The body has a media type that is not accepted.',
    hint: 'Send "Content-Type: application/json" (UTF-8), or multipart/form-data for an upload.',
  };
}

const mediaTypeOf = (header = ''): string => header.slice(0, 200).split(';', 1)[0].trim().toLowerCase();

/** Ends requests whose body does not come: JSON after half a minute, anything a minute after its answer. */
export function bodyDeadline(deadlineMs = BODY_DEADLINE_MS, drainMs = DRAIN_MS): RequestHandler {
  return (request, response, next) => {
    if (hasBody(request)) {
      if (!STREAMED.includes(mediaTypeOf(request.headers['content-type']))) {
        endLate(request, response, deadlineMs);
      }
      response.once('finish', () => {
        if (!request.complete) destroyAfter(request, drainMs);
      });
    }
    next();
  };
}

function endLate(request: Request, response: Response, deadlineMs: number): void {
  const timer = setTimeout(() => {
    if (request.complete) return;
    if (!response.headersSent) {
      const detail = `The body did not come within ${deadlineMs / 1000} s.`;
      refuse(response, { status: 408, code: 'request_timeout', detail, headers: { connection: 'close' } });
    }
    response.once('close', () => request.destroy());
    destroyAfter(request, 1000);
  }, deadlineMs).unref();
  request.once('end', () => {
    clearTimeout(timer);
  });
  request.once('close', () => {
    clearTimeout(timer);
  });
}

function destroyAfter(request: Request, ms: number): void {
  const timer = setTimeout(() => {
    request.destroy();
  }, ms).unref();
  request.once('close', () => {
    clearTimeout(timer);
  });
}

/** A body announced to be so many times too large is not read to its end, as one a little too large is. */
const HOPELESS = 10;

/**
 * Ends a JSON body as soon as it is known to be too large. The parser reads such a body to its end before it answers,
 * which a body without end never reaches.
 */
export function bodyLimit(maxBytes: number): RequestHandler {
  return (request, response, next) => {
    const isStreamed = STREAMED.includes(mediaTypeOf(request.headers['content-type']));
    if (isStreamed || !hasBody(request)) {
      next();
      return;
    }
    const length = request.headers['content-length'];
    if (length !== undefined && Number(length) > maxBytes * HOPELESS) {
      tooLarge(request, response);
      return;
    }
    if (length === undefined) {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes && !response.headersSent) tooLarge(request, response);
      });
    }
    next();
  };
}

function tooLarge(request: Request, response: Response): void {
  const headers = { connection: 'close' };
  const detail = 'The request body is too large.';
  refuse(response, { status: 413, code: 'payload_too_large', detail, headers });
  destroyAfter(request, 1000);
}

const duplicates = new WeakMap<IncomingMessage, string>();

/** Called with the bytes of a JSON body before they are parsed; an error thrown here would lose its kind. */
export function noteDuplicateKeys(request: IncomingMessage, _response: unknown, body: Buffer): void {
  const key = duplicateKey(body.toString('utf8'));
  if (key !== undefined) duplicates.set(request, key);
}

/**
 * Behind the parser. JSON.parse keeps the last of two members with one name, other programs the first: what a proxy has
 * checked must be what we use.
 */
export function refuseDuplicateKeys(): RequestHandler {
  return (request, _response, next) => {
    const pointer = duplicates.get(request);
    if (pointer !== undefined) {
      throw new AppError('usage', 'The JSON body names a member twice.', {
        problems: [{ pointer, code: 'duplicate_key', message: 'must be there once' }],
      });
    }
    next();
  };
}
