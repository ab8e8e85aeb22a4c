import { loadConfig, type LoadConfigOptions } from './load-config.js';
import type { ResolvedConfig } from './resolve-layers.js';

/**
 * `loadConfig` with the environment and the working directory of this process. Apart from app-config.ts: a command knows
 * its configuration, and begins to read, before Nest is loaded.
 */
export function loadProcessConfig(options: Omit<LoadConfigOptions, 'env' | 'cwd'>): ResolvedConfig {
  return loadConfig({ ...options, env: process.env, cwd: process.cwd() });
}
