import { applyDecorators, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Request } from 'express';
import { canonicalJson, sha256Hex } from '../../shared/digest.js';
import { AppError } from '../../shared/errors.js';
import { ApiProblems } from './api-problems.js';

const NEEDS_IF_MATCH = Symbol('mcp-training:if-match');
const ANY = '*';
/** Entity tags of a list, RFC 9110 section 8.8.3; weak ones are recognised and never match. */
const TAGS = /(W\/)?"[\x21\x23-\x7e]*"/g;

/** A strong tag of a state: equal states have equal tags, on every replica. */
export function strongEtag(state: unknown): string {
  return `"${sha256Hex(canonicalJson(state)).slice(0, 32)}"`;
}

/**
 * The handler changes something that others may change at the same time, so its caller says which state the decision was
 * made on: without `If-Match` the answer is 428. Handlers compare with {@link assertIfMatch}. A dry run needs none.
 * @param seenIn where the tag comes from, such as `GET /settings`
 */
export function RequiresIfMatch(seenIn: string): MethodDecorator {
  return applyDecorators(
    SetMetadata(NEEDS_IF_MATCH, seenIn),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: `ETag of ${seenIn}, or * for whatever it is now; needed unless it is a dry run`,
      schema: { type: 'string' },
      example: ANY,
    }),
    ApiProblems(412, 428),
  );
}

/** Behind authorisation: who may not do it at all learns nothing about headers. */
export class IfMatchGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const seenIn = Reflect.getOwnMetadata(NEEDS_IF_MATCH, context.getHandler()) as string | undefined;
    const request = context.switchToHttp().getRequest<Request>();
    if (seenIn === undefined || request.headers['if-match'] !== undefined) return true;
    if (request.query.dry_run === 'true') return true;
    throw new AppError('precondition_required', 'This change needs an If-Match header.', {
      hint: `Send the ETag of ${seenIn}, so that nobody's change is lost, or "If-Match: *".`,
      problems: [{ pointer: 'If-Match', code: 'missing', message: 'must be there' }],
    });
  }
}

/**
 * @param current tags of the state as it is now; one of them must be named
 * @returns whether the caller has named a state: false = any will do (`*`, or a dry run without the header)
 * @throws AppError `precondition_failed`
 */
export function assertIfMatch(request: Request, ...current: readonly string[]): boolean {
  const header = request.headers['if-match'];
  if (header === undefined || header.trim() === ANY) return false;
  if ((header.match(TAGS) ?? []).some((tag) => current.includes(tag))) return true;
  throw stale();
}

export function stale(): AppError {
  return new AppError('precondition_failed', 'It is not what the If-Match header names any more.', {
    hint: 'Read it again, and decide on what it is now.',
    problems: [{ pointer: 'If-Match', code: 'stale', message: 'names another state' }],
  });
}
