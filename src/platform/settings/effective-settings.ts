import type { ResolvedConfig } from '../config/load-config.js';
import { toPlain, type PlainTree } from '../config/plain-tree.js';
import type { KeyInfo } from '../config/schema-tree.js';

export interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
  readonly meaning: string;
  readonly expected: string;
}

const MASK = '***';
const ANY_NAME = '<name>';

/**
 * Every key with its value and origin. A secret is masked as a whole: a reader over the network learns neither the user nor
 * the host of the database.
 */
export function effectiveSettings(
  { values, sources }: Pick<ResolvedConfig, 'values' | 'sources'>,
  keys: readonly KeyInfo[],
): Setting[] {
  const tree = toPlain(values) as PlainTree;
  return keys.flatMap(({ path, rule, meaning, options }) =>
    instances(tree, path.split('.')).map(({ key, value }) => ({
      key,
      value: options.secret === true && value !== null ? MASK : (value ?? null),
      source: sources[key] ?? 'default',
      meaning,
      expected: rule.expected,
    })),
  );
}

/** A key below a named map is there once for each name. */
function instances(tree: unknown, path: readonly string[], before = ''): { key: string; value: unknown }[] {
  if (path.length === 0) return [{ key: before.slice(1), value: tree }];
  if (typeof tree !== 'object' || tree === null) return [];
  const [head, ...rest] = path;
  const members = tree as Record<string, unknown>;
  const names = head === ANY_NAME ? Object.keys(members) : [head];
  return names.flatMap((name) => instances(members[name], rest, `${before}.${name}`));
}
