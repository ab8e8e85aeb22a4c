import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { AppError, type FieldProblem } from '../../shared/errors.js';

/** Deeper than any body of this API needs to be, far from where the transformer's recursion ends the stack. */
const MAX_NESTING = 64;

class NestingLimitedPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (isDeeperThan(MAX_NESTING, value)) {
      throw new AppError('validation_failed', `The request is nested deeper than ${MAX_NESTING} levels.`);
    }
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      throw metadata.type === 'query' && error instanceof AppError ? orderRefused(error) : error;
    }
  }
}

/** Level by level, without recursion: `value` is what a client sent. */
function isDeeperThan(limit: number, value: unknown): boolean {
  let level = [value].filter(isObject);
  for (let depth = 0; depth < limit && level.length > 0; depth++) {
    level = level.flatMap((parent) => Object.values(parent).filter(isObject));
  }
  return level.length > 0;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An order that a list does not have is like a parameter that it does not have: 400. Other values are 422. */
function orderRefused(error: AppError): AppError {
  const { problems, message } = error;
  return problems.some(({ pointer }) => pointer === '/sort')
    ? new AppError('usage', message, { problems })
    : error;
}

/** Every problem of a body or query at once, unknown members included; 422 with JSON pointers. */
export function validationPipe(): ValidationPipe {
  return new NestingLimitedPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    exceptionFactory: (errors) =>
      new AppError('validation_failed', 'The request has members that are not acceptable.', {
        problems: errors.flatMap((error) => fieldProblems(error, '')),
      }),
  });
}

function fieldProblems(error: ValidationError, parent: string): FieldProblem[] {
  const pointer = `${parent}/${error.property.replace(/~/g, '~0').replace(/\//g, '~1')}`;
  const own = Object.entries(error.constraints ?? {}).map(([code, message]) => ({
    pointer,
    code: code === 'whitelistValidation' ? 'unknown_property' : code,
    message,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldProblems(child, pointer))];
}
