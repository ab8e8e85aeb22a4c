import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { DECISION, type Decision } from '../security/decision.js';
import type { Scope } from '../security/scopes.js';
import { ApiProblems } from './api-problems.js';

/** Names of the two ways to send a key, in the OpenAPI document. */
export const BEARER_SCHEME = 'bearer';
export const HEADER_SCHEME = 'api_key';

/** The handler answers callers with this scope only, and the OpenAPI document says so. */
export function Requires(scope: Scope): MethodDecorator {
  return applyDecorators(
    SetMetadata<symbol, Decision>(DECISION, { kind: 'requires', scope }),
    ApiBearerAuth(BEARER_SCHEME),
    ApiSecurity(HEADER_SCHEME),
    ApiExtension('x-required-scope', scope),
    ApiProblems(401, 403, 429),
  );
}

/** The handler answers everybody; its path must be one of `PUBLIC_PATHS` too, which a test compares. */
export function Public(why: string): MethodDecorator {
  return applyDecorators(
    SetMetadata<symbol, Decision>(DECISION, { kind: 'public', why }),
    ApiExtension('x-public', why),
  );
}
