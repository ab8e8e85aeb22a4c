import { validateSync } from 'class-validator';
import type { Layer } from './layer.js';
import { nearestSpelling } from './nearest-spelling.js';
import { isPlainTree, joinPath, type PlainTree } from './plain-tree.js';
import { showValue, type ProblemList } from './problem-list.js';
import { listKeys } from './schema-tree.js';
import { membersOf, type KeyRule, type SchemaClass } from './schema/key.js';
import { TrainingServiceConfig } from './schema/training-service-config.js';

/** The map whose names are features. */
const FEATURE_MAP = 'features.overrides';

/** Lists of feature names that are checked against the catalogue. */
const FEATURE_LISTS = ['numeric', 'categorical', 'temporal', 'derived'].map((list) => `features.${list}`);

/**
 * Checks every key of one layer: known, of its type, in its range. Each layer is checked by itself, so that a wrong
 * line in a file is reported even where an environment variable would replace it.
 */
export function checkLayer(layer: Layer, problems: ProblemList, knownFeatures?: readonly string[]): void {
  checkSection(layer.tree, TrainingServiceConfig, '', { layer, problems, knownFeatures });
}

interface CheckContext {
  readonly layer: Layer;
  readonly problems: ProblemList;
  readonly knownFeatures: readonly string[] | undefined;
}

function checkSection(tree: PlainTree, type: SchemaClass, path: string, context: CheckContext): void {
  const members = membersOf(type);
  // Keys that are not set keep the default of the class, which is valid: class-validator complains about the rest only.
  const candidate = new type() as Record<string, unknown>;
  for (const [key, value] of Object.entries(tree)) {
    const here = joinPath(path, key);
    const node = members.get(key);
    if (node === undefined) {
      reportUnknownKey(here, key, path, [...members.keys()], context);
    } else if (node.kind === 'section') {
      const section = asSection(value, here, context);
      if (section) checkSection(section, node.type, here, context);
    } else if (node.kind === 'map') {
      const entries = asSection(value, here, context);
      if (entries) checkMap(entries, node, here, context);
    } else if (node.options.secret === true && !context.layer.fromEnvironment) {
      const names = [...(node.options.env ?? []), `TRAINING_${here.replaceAll('.', '_').toUpperCase()}`];
      const variables = names.map((name) => `${name} or ${name}_FILE`).join(', ');
      context.problems.add(
        context.layer.placeOf(here),
        here,
        'not_allowed',
        `is a secret: set it by the environment only (${variables})`,
      );
    } else {
      candidate[key] = value;
      if (FEATURE_LISTS.includes(here)) checkFeatureNames(value, here, context);
    }
  }
  for (const error of validateSync(candidate, { forbidUnknownValues: false })) {
    const node = members.get(error.property);
    if (node?.kind !== 'key') continue;
    const here = joinPath(path, error.property);
    const expected = Object.values(error.constraints ?? {})[0] ?? `must be ${node.rule.expected}`;
    const detail = node.options.secret === true ? '' : describeWrong(error.value, node.rule);
    context.problems.add(context.layer.placeOf(here), here, 'wrong_value', `${expected}${detail}`);
  }
}

function checkMap(
  entries: PlainTree,
  node: { readonly type: SchemaClass; readonly name: KeyRule },
  path: string,
  context: CheckContext,
): void {
  for (const [name, value] of Object.entries(entries)) {
    const here = joinPath(path, name);
    if (!node.name.accepts(name)) {
      context.problems.add(
        context.layer.placeOf(here),
        here,
        'wrong_value',
        `must be named by ${node.name.expected}`,
      );
    } else if (path === FEATURE_MAP) checkFeatureName(name, here, 'is', context);
    const entry = asSection(value, here, context);
    if (entry) checkSection(entry, node.type, here, context);
  }
}

function asSection(value: unknown, path: string, context: CheckContext): PlainTree | undefined {
  if (isPlainTree(value)) return value;
  const message = `must be a section with keys of its own (got ${showValue(value)})`;
  context.problems.add(context.layer.placeOf(path), path, 'wrong_type', message);
  return undefined;
}

/** ` (got "x")`, and the spelling that was probably meant when the value is one of a few words. */
function describeWrong(value: unknown, rule: KeyRule): string {
  const choices = rule.choices ?? [];
  const words = (Array.isArray(value) ? value : [value]).filter(
    (item): item is string => typeof item === 'string' && !choices.includes(item),
  );
  const meant = words.slice(0, 5).flatMap((word) => nearestSpelling(word, choices) ?? []);
  const hint = meant.length > 0 ? `; did you mean ${meant.join(', ')}?` : '';
  return ` (got ${showValue(value)})${hint}`;
}

function reportUnknownKey(
  here: string,
  key: string,
  section: string,
  siblings: readonly string[],
  context: CheckContext,
): void {
  const { layer, problems } = context;
  const message = problems.isFull ? '' : unknownKey(key, section, siblings);
  problems.add(layer.placeOf(here), here, 'unknown_key', message);
}

function unknownKey(key: string, section: string, siblings: readonly string[]): string {
  if (key === '<<') return 'is a YAML merge key, which is not supported: write the keys out';
  const sibling = nearestSpelling(key, siblings);
  if (sibling !== undefined) return `is not a known key; did you mean ${joinPath(section, sibling)}?`;
  // A key of another section, or one written without its section (n_estimators for model.n_estimators).
  const everywhere = listKeys().map((info) => info.path);
  const lastPart = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
  const word = nearestSpelling(lastPart(key), everywhere.map(lastPart));
  const elsewhere = everywhere.find((path) => lastPart(path) === word);
  const meant = elsewhere === undefined ? '' : `; did you mean ${elsewhere}?`;
  return `is not a known key${meant} (known here: ${siblings.join(', ')})`;
}

function checkFeatureNames(value: unknown, path: string, context: CheckContext): void {
  if (!Array.isArray(value)) return;
  for (const name of value) if (typeof name === 'string') checkFeatureName(name, path, 'names', context);
}

function checkFeatureName(name: string, path: string, verb: 'is' | 'names', context: CheckContext): void {
  const { layer, problems, knownFeatures } = context;
  if (knownFeatures === undefined || knownFeatures.includes(name)) return;
  const meant = nearestSpelling(name, knownFeatures);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  const subject = verb === 'is' ? 'is for a feature that' : `names ${showValue(name)}, which`;
  problems.add(
    layer.placeOf(path),
    path,
    'unknown_feature',
    `${subject} is not in the feature catalogue${hint}`,
  );
}
