import type { Scope } from './scopes.js';

/** Who sends a request. */
export interface Identity {
  /** Of the key; never the key. */
  readonly id: string;
  /** For the audit log, such as `key:dashboard/3f9k2m7q1x0a`. */
  readonly name: string;
  readonly scopes: readonly Scope[];
}
