import type { Scope } from './scopes.js';

/** What a handler says about who may call it. A handler that says nothing is called by nobody. */
export type Decision =
  { readonly kind: 'requires'; readonly scope: Scope } | { readonly kind: 'public'; readonly why: string };

export const DECISION = Symbol('mcp-training:decision');

/** The decision of a handler itself: a class cannot decide for handlers that somebody adds later. */
export function decisionOf(handler: object): Decision | undefined {
  return Reflect.getOwnMetadata(DECISION, handler) as Decision | undefined;
}
