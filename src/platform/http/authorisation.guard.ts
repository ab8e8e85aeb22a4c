import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError } from '../../shared/errors.js';
import type { AppLogger } from '../logging/app-logger.js';
import { identityOf } from '../security/actor.js';
import { decisionOf } from '../security/decision.js';
import { allows, type Scope } from '../security/scopes.js';
import type { RefusalAudit } from './refusal-audit.js';

/** Asks for what the handler's decorator says; a handler without one is refused to everybody. */
export class AuthorisationGuard implements CanActivate {
  constructor(
    private readonly refusals: RefusalAudit,
    private readonly logger: AppLogger,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const decision = decisionOf(context.getHandler());
    if (decision?.kind === 'public') return true;
    if (decision === undefined) {
      const where = `${context.getClass().name}.${context.getHandler().name}`;
      this.logger.error(`${where} says neither @Requires nor @Public: it is refused.`);
      throw new AppError('forbidden', 'Nobody may call this route.');
    }
    try {
      assertScope(request, decision.scope);
      return true;
    } catch (error) {
      const response = context.switchToHttp().getResponse<Response>();
      response.setHeader('www-authenticate', insufficientScope(decision.scope));
      this.refusals.record(request, 403, `needs the scope ${decision.scope}`);
      throw error;
    }
  }
}

/** @throws AppError `forbidden` naming the scope that is missing, `unauthorized` when nobody knows who asks */
export function assertScope(request: Request, scope: Scope): void {
  const identity = identityOf(request);
  if (identity === undefined) throw new AppError('unauthorized', 'This needs an API key.');
  if (allows(identity.scopes, scope)) return;
  throw new AppError(
    'forbidden',
    `This needs the scope "${scope}"; the key has ${identity.scopes.join(', ')}.`,
    {
      hint: `Use a key with that scope: mcp-training api-key create --scope ${scope} makes one.`,
      problems: [{ pointer: 'Authorization', code: 'missing_scope', message: scope }],
    },
  );
}

/** RFC 6750, section 3.1. */
function insufficientScope(scope: Scope): string {
  return `Bearer realm="mcp-training", error="insufficient_scope", scope="${scope}"`;
}
