import { canonicalJson } from '../../shared/digest.js';
import type { Layer } from './layer.js';
import { isPlainTree, type PlainTree } from './plain-tree.js';
import { showValue, type ProblemList } from './problem-list.js';
import { membersOf, type SchemaClass } from './schema/key.js';
import { TrainingServiceConfig } from './schema/training-service-config.js';

/** A key that has a second spelling, as one layer wrote it. */
interface AliasUse {
  readonly canonical: string;
  readonly written: string;
  readonly value: unknown;
  readonly layer: Layer;
}

export interface NormalisedLayer extends Layer {
  readonly warnings: readonly string[];
  readonly aliasUses: readonly AliasUse[];
}

/**
 * Rewrites the older spellings of the seeds (`model.hyperparameters.*`, `storage.models_dir`), drops sections without
 * content and reads a Python log format as `text`. Values are not checked here.
 */
export function normaliseLayer(layer: Layer): NormalisedLayer {
  const aliasUses: AliasUse[] = [];
  const written = new Map<string, string>();
  const tree = withoutEmptySections(layer.tree, TrainingServiceConfig);
  const move = (
    section: string,
    from: PlainTree,
    prefix: string,
    rename: (key: string) => string,
  ): PlainTree => {
    const moved: PlainTree = {};
    for (const [key, value] of Object.entries(from)) {
      const target = rename(key);
      moved[target] = value;
      const canonical = `${section}.${target}`;
      written.set(canonical, `${section}.${prefix}${key}`);
      aliasUses.push({ canonical, written: `${section}.${prefix}${key}`, value, layer });
    }
    return moved;
  };
  const { model, storage } = tree;
  if (isPlainTree(model) && isPlainTree(model.hyperparameters)) {
    const { hyperparameters, ...own } = model;
    for (const key of Object.keys(hyperparameters)) {
      if (Object.hasOwn(own, key))
        aliasUses.push({ canonical: `model.${key}`, written: `model.${key}`, value: own[key], layer });
    }
    tree.model = { ...own, ...move('model', hyperparameters, 'hyperparameters.', (key) => key) };
  } else if (isPlainTree(model)) {
    for (const [key, value] of Object.entries(model)) {
      aliasUses.push({ canonical: `model.${key}`, written: `model.${key}`, value, layer });
    }
  }
  if (isPlainTree(storage)) {
    const { models_dir: modelsDir, ...own } = storage;
    if (Object.hasOwn(own, 'directory')) {
      aliasUses.push({
        canonical: 'storage.directory',
        written: 'storage.directory',
        value: own.directory,
        layer,
      });
    }
    const alias =
      modelsDir === undefined ? {} : move('storage', { models_dir: modelsDir }, '', () => 'directory');
    tree.storage = { ...own, ...alias };
  }
  const warnings = normaliseLogging(tree, layer);
  const placeOf = (path: string): string => layer.placeOf(written.get(path) ?? path);
  return { ...layer, tree, placeOf, warnings, aliasUses };
}

/** Both spellings of a key set to different values in one group of layers is an error: one of them was forgotten. */
export function reportAliasConflicts(layers: readonly NormalisedLayer[], problems: ProblemList): void {
  const firstUse = new Map<string, AliasUse>();
  for (const use of layers.flatMap((layer) => layer.aliasUses)) {
    const id = `${use.layer.group} ${use.canonical}`;
    const other = firstUse.get(id);
    if (other === undefined) firstUse.set(id, use);
    if (other === undefined || use.written === other.written) continue;
    if (canonicalJson(use.value) === canonicalJson(other.value)) continue;
    const elsewhere = `${other.written} (${showValue(other.value)}, ${other.layer.placeOf(other.written)})`;
    const message = `(${showValue(use.value)}) and ${elsewhere} are the same setting with different values; keep one`;
    problems.add(use.layer.placeOf(use.written), use.written, 'alias_conflict', message);
  }
}

/** `features:` with all its lines commented out reads as null; it means "nothing set here". */
function withoutEmptySections(tree: PlainTree, type: SchemaClass): PlainTree {
  const members = membersOf(type);
  const kept: PlainTree = {};
  for (const [key, value] of Object.entries(tree)) {
    const node = members.get(key);
    const isSection = node !== undefined && node.kind !== 'key';
    if (isSection && value === null) continue;
    kept[key] =
      node?.kind === 'section' && isPlainTree(value) ? withoutEmptySections(value, node.type) : value;
  }
  return kept;
}

function normaliseLogging(tree: PlainTree, layer: Layer): string[] {
  const { logging } = tree;
  if (!isPlainTree(logging)) return [];
  const { level, format } = logging;
  if (typeof level === 'string') {
    const upper = level.toUpperCase();
    logging.level = upper === 'WARN' ? 'WARNING' : upper;
  }
  if (typeof format !== 'string' || !format.includes('%(')) return [];
  logging.format = 'text';
  return [
    `${layer.placeOf('logging.format')}: logging.format is a Python format string; plain text is written instead (set json or text)`,
  ];
}
