import { checkLayer } from './check-layer.js';
import type { Layer } from './layer.js';
import { overridesLayer } from './load-config.js';
import { normaliseLayer, reportAliasConflicts } from './normalise-layer.js';
import { isPlainTree, type PlainTree } from './plain-tree.js';
import { ProblemList } from './problem-list.js';
import { resolveLayers, type ResolvedConfig } from './resolve-layers.js';
import { membersOf } from './schema/key.js';
import { TrainingServiceConfig } from './schema/training-service-config.js';

/** Sections that a request may change for one run; of `storage` only the listed key. */
const SECTIONS_PER_RUN = ['model', 'features', 'training', 'evaluation', 'monitoring'];
const STORAGE_PER_RUN = ['sklearn_version'];

const DEFAULT_SOURCE = 'config_overrides';

/** Limits of the server that a run may lower and not raise. */
const CEILINGS = ['max_training_time', 'max_memory_usage'] as const;

export interface RunOverridesOptions {
  /** Member of the request that holds the overrides; named in messages. */
  readonly source?: string;
  readonly knownFeatures?: readonly string[];
  /** Configuration of the server; its limits are ceilings. */
  readonly base?: Pick<ResolvedConfig, 'values'>;
}

/**
 * Checks `config_overrides` of a request: only keys that shape a model or its report, nothing that says where the
 * service reads, writes or listens. Returns them in canonical spelling; throws `config_invalid` with all problems.
 */
export function validateOverrides(overrides: unknown, options: RunOverridesOptions = {}): PlainTree {
  const problems = new ProblemList();
  const layers = allowedLayers(overrides, options, problems).map(normaliseLayer);
  reportAliasConflicts(layers, problems);
  for (const layer of layers) checkLayer(layer, problems, options.knownFeatures);
  problems.throwIfAny();
  return layers.at(0)?.tree ?? {};
}

/** The configuration of one run: that of the server with the overrides of the request on top, hash included. */
export function withRunOverrides(
  base: ResolvedConfig,
  overrides: unknown,
  options: Omit<RunOverridesOptions, 'base'> = {},
): ResolvedConfig {
  const problems = new ProblemList();
  const layers = allowedLayers(overrides, { ...options, base }, problems);
  const { packageRoot } = base.paths;
  const blame = options.source ?? DEFAULT_SOURCE;
  return resolveLayers(base, layers, { packageRoot, knownFeatures: options.knownFeatures, blame }, problems);
}

function allowedLayers(overrides: unknown, options: RunOverridesOptions, problems: ProblemList): Layer[] {
  const source = options.source ?? DEFAULT_SOURCE;
  return overridesLayer(overrides, source, problems).map((layer) => {
    const tree = withoutForbidden(layer.tree, source, problems);
    if (options.base !== undefined) checkCeilings(tree, options.base, source, problems);
    return { ...layer, tree };
  });
}

/** Keeps what a run may set, and unknown sections, so that the ordinary check names their nearest spelling. */
function withoutForbidden(tree: PlainTree, source: string, problems: ProblemList): PlainTree {
  const known = membersOf(TrainingServiceConfig);
  const kept: PlainTree = {};
  const refuse = (path: string): void => {
    problems.add(
      source,
      path,
      'not_allowed',
      'is not allowed per run: it belongs to the configuration of the service',
    );
  };
  for (const [key, value] of Object.entries(tree)) {
    if (key === 'storage' && isPlainTree(value)) {
      const allowed = Object.entries(value).filter(([member]) => STORAGE_PER_RUN.includes(member));
      for (const member of Object.keys(value))
        if (!STORAGE_PER_RUN.includes(member)) refuse(`storage.${member}`);
      kept.storage = Object.fromEntries(allowed);
    } else if (known.has(key) && !SECTIONS_PER_RUN.includes(key)) {
      refuse(key);
    } else {
      kept[key] = value;
    }
  }
  return kept;
}

function checkCeilings(
  tree: PlainTree,
  base: Pick<ResolvedConfig, 'values'>,
  source: string,
  problems: ProblemList,
): void {
  if (!isPlainTree(tree.training)) return;
  for (const key of CEILINGS) {
    const asked = tree.training[key];
    const ceiling = base.values.training[key];
    if (typeof asked === 'number' && asked > ceiling) {
      problems.add(
        source,
        `training.${key}`,
        'not_allowed',
        `(${asked}) must not be above the limit of the service, ${ceiling}`,
      );
    }
  }
}
