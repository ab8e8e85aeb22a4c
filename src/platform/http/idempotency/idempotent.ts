import {
  applyDecorators,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { ApiProblems } from '../api-problems.js';
import type { IdempotencyService } from './idempotency.service.js';

const IDEMPOTENT = Symbol('mcp-training:idempotent');

/**
 * The handler starts work, and takes an `Idempotency-Key` header: the same key again gets the first answer.
 * @param by `handler` = the body is a stream, so the handler calls {@link IdempotencyService} itself
 */
export function Idempotent(by: 'interceptor' | 'handler' = 'interceptor'): MethodDecorator {
  return applyDecorators(
    SetMetadata(IDEMPOTENT, by),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'The same key again gets the first answer, for 24 hours',
      schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
    }),
    ApiProblems(409, 422),
  );
}

/** Around every handler; it lets those pass that are not {@link Idempotent}. */
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly service: IdempotencyService) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (Reflect.getOwnMetadata(IDEMPOTENT, context.getHandler()) !== 'interceptor') return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const work = (): Promise<unknown> => lastValueFrom(next.handle(), { defaultValue: undefined });
    return from(this.service.run(request, http.getResponse<Response>(), request.body, work));
  }
}
