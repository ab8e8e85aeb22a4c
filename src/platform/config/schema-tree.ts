import { joinPath, toPlain } from './plain-tree.js';
import { membersOf, type KeyOptions, type KeyRule, type SchemaClass } from './schema/key.js';
import { TrainingServiceConfig } from './schema/training-service-config.js';

/** One leaf key of the schema as documentation, environment and suggestions need it. */
export interface KeyInfo {
  /** Dotted; a target's name is written `<name>`. */
  readonly path: string;
  readonly rule: KeyRule;
  readonly meaning: string;
  readonly options: KeyOptions;
  readonly defaultValue: unknown;
  /** Regular name first; empty for keys below a named map, which are set as a whole by one JSON variable. */
  readonly envNames: readonly string[];
}

/** `TRAINING_` + the key in capitals; the section `training` is not repeated (TRAINING_TEST_SIZE). */
export function regularEnvName(path: string): string {
  return `TRAINING_${path
    .replace(/^training\./, '')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

function* walk(type: SchemaClass, path: string, insideMap: boolean): Generator<KeyInfo> {
  const defaults = new type() as Record<string, unknown>;
  for (const [name, node] of membersOf(type)) {
    const here = joinPath(path, name);
    if (node.kind === 'section') {
      yield* walk(node.type, here, insideMap);
    } else if (node.kind === 'map') {
      yield* walk(node.type, `${here}.<name>`, true);
    } else {
      const { rule, meaning, options } = node;
      const envNames = insideMap ? [] : [regularEnvName(here), ...(options.env ?? [])];
      yield { path: here, rule, meaning, options, defaultValue: toPlain(defaults[name]), envNames };
    }
  }
}

let allKeys: readonly KeyInfo[] | undefined;

/** Every leaf key, in the order of the schema. */
export function listKeys(): readonly KeyInfo[] {
  return (allKeys ??= [...walk(TrainingServiceConfig, '', false)]);
}
