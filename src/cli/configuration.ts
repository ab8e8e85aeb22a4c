import { loadProcessConfig } from '../platform/config/process-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { PACKAGE_ROOT } from '../platform/app-version.js';
import { knownFeatureNames } from '../features/core/known-features.js';
import type { GlobalOptions, SelectionOptions } from './command.js';
import type { Output } from './output.js';
import { overrides } from './selection.js';

/** Resolves the configuration of this command and shows its warnings. */
export function configuration(options: GlobalOptions & SelectionOptions, output: Output): ResolvedConfig {
  const config = loadProcessConfig({
    packageRoot: PACKAGE_ROOT,
    configFile: options.config ?? null,
    overrides: overrides(options),
    knownFeatures: knownFeatureNames(),
  });
  for (const warning of config.warnings) output.warn(warning);
  return config;
}
