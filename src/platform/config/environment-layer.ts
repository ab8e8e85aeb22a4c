import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Layer } from './layer.js';
import { nearestSpelling } from './nearest-spelling.js';
import { setPath, type PlainTree } from './plain-tree.js';
import { showValue, type ProblemList } from './problem-list.js';
import { listKeys, type KeyInfo } from './schema-tree.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The path of the first package file; read before the layers are made, so it is no key of its own. */
export const MODEL_CONFIG_FILE = 'TRAINING_MODEL_CONFIG_FILE';
/** Sections with names of their own, each as JSON in one variable: free names cannot be variables. */
const MAPS: Readonly<Record<string, { readonly path: string; readonly what: string }>> = {
  TRAINING_DEPLOYMENT_TARGETS: { path: 'deployment.targets', what: 'targets' },
  TRAINING_FEATURES_OVERRIDES: { path: 'features.overrides', what: 'overrides' },
};

const MAX_SECRET_BYTES = 65_536;

/** Kubernetes adds these to every container beside a Service named "training"; they are not meant for us. */
const SERVICE_LINK = /^TRAINING_(SERVICE_HOST|(SERVICE_)?PORT(_\w+)?)$/;

interface Setting {
  readonly variable: string;
  readonly value: string;
}

export interface EnvironmentOptions {
  readonly env: Environment;
  /** '' for the real environment, else the .env file as it is named in messages. */
  readonly file: string;
  /** Relative names in `*_FILE` start here. */
  readonly cwd: string;
}

/**
 * TRAINING_* and DATABASE_URL as a layer. Text is read as the type that the key declares; an empty variable counts as
 * not set, except for a secret, where an empty text is more likely a mistake than a wish. Unknown TRAINING_* names are
 * problems, other names are nobody's business.
 */
export function environmentLayer(options: EnvironmentOptions, problems: ProblemList): Layer {
  const label = (variable: string): string =>
    options.file === '' ? variable : `${options.file}: ${variable}`;
  const tree: PlainTree = {};
  const variableOf = new Map<string, string>();
  const known = new Set<string>([MODEL_CONFIG_FILE, ...Object.keys(MAPS)]);
  for (const key of listKeys()) {
    for (const name of key.envNames) known.add(name);
    if (key.options.secret === true) for (const name of key.envNames) known.add(`${name}_FILE`);
    const setting =
      key.options.secret === true
        ? readSecret(key, options, label, problems)
        : readPlain(key, options, label, problems);
    if (setting === undefined) continue;
    setPath(tree, key.path.split('.'), key.rule.fromText(setting.value));
    variableOf.set(key.path, setting.variable);
  }
  readMaps(options.env, label, tree, problems);
  reportUnknownNames(options.env, known, label, problems);
  const nameOf = (path: string): string => {
    const map = Object.keys(MAPS).find((variable) => path.startsWith(MAPS[variable].path));
    const name = map ?? variableOf.get(path);
    return name === undefined ? label('environment') : label(name);
  };
  return { group: label('environment'), tree, fromEnvironment: true, nameOf, placeOf: nameOf };
}

function readPlain(
  key: KeyInfo,
  options: EnvironmentOptions,
  label: (variable: string) => string,
  problems: ProblemList,
): Setting | undefined {
  const settings = key.envNames.flatMap((variable): Setting[] => {
    const value = options.env[variable];
    if (value === undefined || value.trim() === '' || isServiceLink(variable, value)) return [];
    return [{ variable, value }];
  });
  const [first, second] = settings;
  if (settings.length > 1 && first.value !== second.value) {
    const message = `(${showValue(first.value)}) and ${second.variable} (${showValue(second.value)}) are the same setting with different values; keep one`;
    problems.add(label(first.variable), key.path, 'alias_conflict', message);
  }
  return settings[0];
}

/** A secret from its variable or from the file that `<NAME>_FILE` names. Its text never reaches a message. */
function readSecret(
  key: KeyInfo,
  options: EnvironmentOptions,
  label: (variable: string) => string,
  problems: ProblemList,
): Setting | undefined {
  const names = key.envNames
    .flatMap((name) => [name, `${name}_FILE`])
    .filter((name) => options.env[name] !== undefined);
  if (names.length > 1) {
    problems.add(label(names[0]), key.path, 'alias_conflict', `is set by ${names.join(' and ')}; keep one`);
  }
  const variable = names.at(0);
  if (variable === undefined) return undefined;
  const given = options.env[variable] ?? '';
  if (given.trim() === '') {
    problems.add(
      label(variable),
      key.path,
      'wrong_value',
      'is set but empty; give it a value or remove the variable',
    );
    return undefined;
  }
  if (!variable.endsWith('_FILE')) return { variable, value: given };
  const value = readSecretFile(resolve(options.cwd, given));
  if (value !== undefined && value !== '') return { variable, value };
  const message =
    value === '' ? 'is read from an empty file' : `cannot be read from the file ${showValue(given)}`;
  problems.add(label(variable), key.path, 'unreadable', message);
  return undefined;
}

function readSecretFile(path: string): string | undefined {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > MAX_SECRET_BYTES) return undefined;
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function readMaps(
  env: Environment,
  label: (variable: string) => string,
  tree: PlainTree,
  problems: ProblemList,
): void {
  for (const [variable, { path, what }] of Object.entries(MAPS)) {
    const text = env[variable];
    if (text === undefined || text.trim() === '') continue;
    try {
      setPath(tree, path.split('.'), JSON.parse(text));
    } catch {
      problems.add(label(variable), path, 'wrong_value', `must be a JSON object of ${what} by name`);
    }
  }
}

function reportUnknownNames(
  env: Environment,
  known: ReadonlySet<string>,
  label: (variable: string) => string,
  problems: ProblemList,
): void {
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('TRAINING_') || known.has(variable) || isServiceLink(variable, value ?? ''))
      continue;
    const meant = nearestSpelling(variable, known);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    problems.add(label(variable), '', 'unknown_key', `is not a known variable${hint}`);
  }
}

/** TRAINING_SERVICE_HOST is nothing of ours; TRAINING_PORT is a link only when it looks like one. */
function isServiceLink(variable: string, value: string): boolean {
  if (!SERVICE_LINK.test(variable)) return false;
  return variable !== 'TRAINING_PORT' || value.startsWith('tcp://') || value.startsWith('udp://');
}
