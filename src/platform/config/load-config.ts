import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { displayPath } from './config-paths.js';
import { environmentLayer, MODEL_CONFIG_FILE, type Environment } from './environment-layer.js';
import { simpleLayer, type Layer } from './layer.js';
import { inspectTree, isPlainTree } from './plain-tree.js';
import { ProblemList, showValue } from './problem-list.js';
import { codeDefaults, resolveLayers, type ResolvedConfig } from './resolve-layers.js';
import { atLine, readYamlFile } from './yaml-file.js';

export type { ResolvedConfig } from './resolve-layers.js';

export interface LoadConfigOptions {
  /** Directory of package.json: `config/` and relative directories start here, not at the working directory. */
  readonly packageRoot: string;
  readonly env: Environment;
  /** `--config FILE`, relative to `cwd`. */
  readonly configFile?: string | null;
  /** Parsed JSON of `--config-overrides`. */
  readonly overrides?: unknown;
  readonly cwd: string;
  /** Names of the feature catalogue; without them the feature lists are checked for their form only. */
  readonly knownFeatures?: readonly string[];
}

const PACKAGE_FILES = ['model_config.yaml', 'training_config.yaml', 'logging_config.yaml'] as const;
export const OVERRIDES_OPTION = '--config-overrides';

/**
 * Reads the configuration once, from the weakest source to the strongest:
 *   code defaults < config/*.yaml of the package < .env (package root, then working directory) < environment
 *   < --config FILE < --config-overrides.
 * Reads files and nothing else: no environment but `options.env`, no clock. Throws one `config_invalid` with all
 * problems of all sources.
 */
export function loadConfig(options: LoadConfigOptions): ResolvedConfig {
  const problems = new ProblemList();
  const packageRoot = resolve(options.packageRoot);
  const scope: Scope = { packageRoot, cwd: resolve(options.cwd), problems };
  const envFiles = readEnvFiles(scope);
  const layers = [
    ...packageLayers(scope, [options.env, ...envFiles.map((file) => file.env).reverse()]),
    ...envFiles.map(({ env, label }) => environmentLayer({ env, file: label, cwd: scope.cwd }, problems)),
    environmentLayer({ env: options.env, file: '', cwd: scope.cwd }, problems),
    ...fileLayer(options.configFile ?? undefined, scope),
    ...overridesLayer(options.overrides, OVERRIDES_OPTION, problems),
  ];
  return resolveLayers(
    codeDefaults(),
    layers,
    { packageRoot, knownFeatures: options.knownFeatures },
    problems,
  );
}

interface Scope {
  readonly packageRoot: string;
  readonly cwd: string;
  readonly problems: ProblemList;
}

/** The three files of the package; each may be missing. TRAINING_MODEL_CONFIG_FILE stands in for the first. */
function packageLayers(scope: Scope, environments: readonly Environment[]): Layer[] {
  const chosen = environments
    .map((env) => env[MODEL_CONFIG_FILE])
    .find((name) => name !== undefined && name.trim() !== '');
  return PACKAGE_FILES.flatMap((name, index) => {
    const isChosen = index === 0 && chosen !== undefined;
    const path = isChosen ? resolve(scope.packageRoot, chosen) : join(scope.packageRoot, 'config', name);
    return isChosen || existsSync(path) ? yamlLayer(path, 'package files', scope) : [];
  });
}

function fileLayer(file: string | undefined, scope: Scope): Layer[] {
  if (file === undefined) return [];
  if (file === '') {
    scope.problems.add('--config', '', 'file_not_found', 'names no file');
    return [];
  }
  return yamlLayer(resolve(scope.cwd, file), '--config', scope);
}

function yamlLayer(path: string, group: string, scope: Scope): Layer[] {
  const label = displayPath(path, scope.packageRoot, scope.cwd);
  const file = readYamlFile(path, label, scope.problems);
  if (file === undefined) return [];
  const { tree } = file;
  return [
    {
      group,
      tree,
      fromEnvironment: false,
      nameOf: () => label,
      placeOf: (key) => atLine(label, file.lineOf(key)),
    },
  ];
}

/** `.env` of the package root, then that of the working directory, which wins. */
function readEnvFiles(scope: Scope): { readonly label: string; readonly env: Environment }[] {
  const paths = new Set([join(scope.packageRoot, '.env'), join(scope.cwd, '.env')]);
  return [...paths].flatMap((path) => {
    const label = displayPath(path, scope.packageRoot, scope.cwd);
    try {
      if (!existsSync(path) || !statSync(path).isFile()) return [];
      return [{ label, env: parseEnv(readFileSync(path, 'utf8')) }];
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? 'not a list of NAME=value lines';
      scope.problems.add(label, '', 'unreadable', `cannot be read (${reason})`);
      return [];
    }
  });
}

/** Overrides as a layer; what is no plain object of reasonable size is a problem. */
export function overridesLayer(overrides: unknown, source: string, problems: ProblemList): Layer[] {
  if (overrides === undefined || overrides === null) return [];
  const faults = inspectTree(overrides);
  for (const { path, code, message } of faults) problems.add(source, path, code, message);
  if (faults.length > 0) return [];
  if (!isPlainTree(overrides)) {
    const message = `must be a JSON object such as {"model": {"n_estimators": 200}} (got ${showValue(overrides)})`;
    problems.add(source, '', 'wrong_type', message);
    return [];
  }
  return [simpleLayer(source, overrides)];
}
