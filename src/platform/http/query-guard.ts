import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { getMetadataStorage } from 'class-validator';
import type { Request } from 'express';
import { AppError } from '../../shared/errors.js';

type Controller = new (...args: never[]) => object;

/**
 * Refuses query parameters that a route does not have, also on routes that have none: a misspelt filter must not be
 * taken for no filter. What the parameters say is checked later, with the body.
 */
export class QueryGuard implements CanActivate {
  private readonly known = new WeakMap<object, ReadonlySet<string>>();

  canActivate(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    let known = this.known.get(handler);
    if (known === undefined) {
      known = queryParametersOf(context.getClass<object>(), handler.name);
      this.known.set(handler, known);
    }
    const given = Object.keys(context.switchToHttp().getRequest<Request>().query);
    const unknown = given.filter((name) => !known.has(name));
    if (unknown.length === 0) return true;
    const list = known.size === 0 ? 'it has none' : `it has ${[...known].sort().join(', ')}`;
    throw new AppError('usage', 'The address has query parameters that this route does not have.', {
      problems: unknown.slice(0, 20).map((name) => ({
        pointer: `/${name.slice(0, 80).replace(/~/g, '~0').replace(/\//g, '~1')}`,
        code: 'unknown_parameter',
        message: `is no parameter of this route: ${list}`,
      })),
    });
  }
}

/** Members of the class that a handler takes its query as. */
export function queryParametersOf(controller: Controller, handler: string): ReadonlySet<string> {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ?? {}) as Record<
    string,
    { readonly index: number }
  >;
  const types = (Reflect.getMetadata('design:paramtypes', controller.prototype as object, handler) ??
    []) as Controller[];
  const names = Object.entries(args)
    .filter(([key]) => key.startsWith(`${RouteParamtypes.QUERY}:`))
    .flatMap(([, { index }]) =>
      getMetadataStorage().getTargetValidationMetadatas(types[index], '', true, false),
    )
    .map(({ propertyName }) => propertyName);
  return new Set(names);
}
