/** Objects as YAML and JSON give them, before anything is known about their keys. */
export type PlainTree = Record<string, unknown>;

/** Assigning to these reaches an object's prototype; no configuration needs them. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Counted after aliases are followed: a bomb of 1 kB text has more than this. */
const MAX_NODES = 10_000;
const MAX_DEPTH = 12;

export interface TreeFault {
  readonly path: string;
  readonly code: 'forbidden_key' | 'too_large' | 'too_deep';
  readonly message: string;
}

export function isPlainTree(value: unknown): value is PlainTree {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export const joinPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** Keys that must not be used, or a tree that is too large or deep to look at. Stops at the first limit it meets. */
export function inspectTree(root: unknown): TreeFault[] {
  const faults: TreeFault[] = [];
  const pending: { value: object; path: string; depth: number }[] = [];
  let nodes = 0;
  const push = (value: unknown, path: string, depth: number): void => {
    nodes++;
    if (typeof value === 'object' && value !== null) pending.push({ value, path, depth });
  };
  push(root, '', 0);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > MAX_DEPTH) {
      return [{ path: next.path, code: 'too_deep', message: `is nested deeper than ${MAX_DEPTH} levels` }];
    }
    for (const [key, member] of Object.entries(next.value)) {
      if (FORBIDDEN_KEYS.has(key)) {
        faults.push({
          path: joinPath(next.path, key),
          code: 'forbidden_key',
          message: 'is a key that is never allowed',
        });
        continue;
      }
      push(member, joinPath(next.path, key), next.depth + 1);
      if (nodes > MAX_NODES) {
        return [
          { path: '', code: 'too_large', message: `has more than ${MAX_NODES} values (aliases followed)` },
        ];
      }
    }
  }
  return faults;
}

/** `over` wins; sections merge, arrays and scalars replace. Neither argument is changed. */
export function mergeTrees(base: PlainTree, over: PlainTree): PlainTree {
  const merged: PlainTree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] = isPlainTree(before) && isPlainTree(value) ? mergeTrees(before, value) : value;
  }
  return merged;
}

/** Dotted keys of all leaves (arrays and empty sections count as leaves). */
export function* leavesOf(tree: PlainTree, path = ''): Generator<[string, unknown]> {
  for (const [key, value] of Object.entries(tree)) {
    const here = joinPath(path, key);
    if (isPlainTree(value) && Object.keys(value).length > 0) yield* leavesOf(value, here);
    else yield [here, value];
  }
}

/** Puts `value` at a dotted path, making sections on the way. Changes `tree`. */
export function setPath(tree: PlainTree, path: readonly string[], value: unknown): void {
  let section = tree;
  for (const key of path.slice(0, -1)) {
    const next = section[key];
    if (isPlainTree(next)) {
      section = next;
    } else {
      const made: PlainTree = {};
      section[key] = made;
      section = made;
    }
  }
  section[path[path.length - 1]] = value;
}

/** Class instances (the typed configuration) as plain objects. */
export function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toPlain(member)]));
}
