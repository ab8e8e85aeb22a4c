import { checkLayer } from './check-layer.js';
import { runConfigHash } from './config-hash.js';
import { resolvePaths, type ConfigPaths } from './config-paths.js';
import { crossCheck, findWarnings, type ConfigSources } from './cross-checks.js';
import type { Layer } from './layer.js';
import { normaliseLayer, reportAliasConflicts } from './normalise-layer.js';
import { isPlainTree, leavesOf, mergeTrees, toPlain, type PlainTree } from './plain-tree.js';
import type { ProblemList } from './problem-list.js';
import { membersOf, type SchemaClass } from './schema/key.js';
import { TrainingServiceConfig } from './schema/training-service-config.js';

/** The one typed configuration of a process or of a run. Frozen through and through. */
export interface ResolvedConfig {
  readonly values: TrainingServiceConfig;
  /** Settings without effect, one sentence each. */
  readonly warnings: readonly string[];
  /** `runConfigHash(values)`. */
  readonly hash: string;
  /** Dotted key -> file, variable or option that set it; 'default' = nobody did. */
  readonly sources: ConfigSources;
  readonly paths: ConfigPaths;
}

export interface ConfigBase {
  readonly values: TrainingServiceConfig;
  readonly sources: ConfigSources;
}

export function codeDefaults(): ConfigBase {
  const values = new TrainingServiceConfig();
  const leaves = [...leavesOf(toPlain(values) as PlainTree)];
  return { values, sources: Object.fromEntries(leaves.map(([path]) => [path, 'default'])) };
}

export interface ResolveOptions {
  readonly packageRoot: string;
  readonly knownFeatures?: readonly string[];
  /** Source named for values that do not fit together, instead of that of the key. */
  readonly blame?: string;
}

/** Lays the layers over the base, the last one on top; all problems are thrown together. */
export function resolveLayers(
  base: ConfigBase,
  layers: readonly Layer[],
  options: ResolveOptions,
  problems: ProblemList,
): ResolvedConfig {
  const normalised = layers.map(normaliseLayer);
  reportAliasConflicts(normalised, problems);
  let tree = toPlain(base.values) as PlainTree;
  const sources: Partial<Record<string, string>> = { ...base.sources };
  for (const layer of normalised) {
    checkLayer(layer, problems, options.knownFeatures);
    tree = mergeTrees(tree, layer.tree);
    for (const [path] of leavesOf(layer.tree)) sources[path] = layer.nameOf(path);
  }
  // Rules between keys make sense only where each key is right by itself.
  problems.throwIfAny();
  const values = instantiate(TrainingServiceConfig, tree) as TrainingServiceConfig;
  followWindowLength(values, sources);
  const paths = resolvePaths(values, options.packageRoot);
  crossCheck(values, sources, paths, problems, options.blame);
  problems.throwIfAny();
  const warnings = [...normalised.flatMap((layer) => layer.warnings), ...findWarnings(values, sources)];
  return deepFreeze({ values, warnings, hash: runConfigHash(values), sources, paths });
}

/** Stride and context follow the length unless somebody set them. */
function followWindowLength(values: TrainingServiceConfig, sources: ConfigSources): void {
  const { window } = values.features;
  if (sources['features.window.stride'] === 'default') window.stride = window.length;
  if (sources['features.window.context'] === 'default') window.context = Math.max(1800, window.length);
}

/** Plain data of a checked tree as instances of the schema classes; entries of a map get the defaults of their class. */
function instantiate(type: SchemaClass, tree: PlainTree): object {
  const instance = new type() as Record<string, unknown>;
  for (const [key, node] of membersOf(type)) {
    const value = tree[key];
    if (value === undefined) continue;
    if (node.kind === 'key') {
      instance[key] = value;
    } else if (isPlainTree(value)) {
      instance[key] =
        node.kind === 'section'
          ? instantiate(node.type, value)
          : Object.fromEntries(
              Object.entries(value).map(([name, entry]) => [
                name,
                instantiate(node.type, entry as PlainTree),
              ]),
            );
    }
  }
  return instance;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
