import type { PlainTree } from './plain-tree.js';

/** What one source says, keys in canonical spelling after `normaliseLayer`. Later layers win over earlier ones. */
export interface Layer {
  /** Layers of one group must not give the two spellings of a key different values (the three package files). */
  readonly group: string;
  readonly tree: PlainTree;
  /** Secrets are taken from the environment only: a command line is visible to other users, a file ends in a backup. */
  readonly fromEnvironment: boolean;
  /** Source of a key as recorded with a run: file, variable or option. */
  nameOf(path: string): string;
  /** The same with the line, for messages. */
  placeOf(path: string): string;
}

/** A layer whose keys all come from one named place without lines. */
export function simpleLayer(name: string, tree: PlainTree): Layer {
  return { group: name, tree, fromEnvironment: false, nameOf: () => name, placeOf: () => name };
}
