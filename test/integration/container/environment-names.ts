import { listKeys } from '../../../src/platform/config/schema-tree.js';

/** Every environment variable that the configuration reads; only secrets may come from a file. */
export function environmentNames(): Set<string> {
  return new Set(
    listKeys().flatMap(({ envNames, options }) =>
      options.secret === true ? envNames.flatMap((name) => [name, `${name}_FILE`]) : envNames,
    ),
  );
}
