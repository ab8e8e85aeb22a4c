import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../../../src/shared/errors.js';
import {
  loadConfig,
  type LoadConfigOptions,
  type ResolvedConfig,
} from '../../../src/platform/config/load-config.js';

/** A package root of its own with the given files, and `loadConfig` bound to it. */
export class ConfigSandbox {
  readonly root = mkdtempSync(join(tmpdir(), 'mcp-config-'));

  write(name: string, text: string): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  load(options: Partial<LoadConfigOptions> = {}): ResolvedConfig {
    return loadConfig({ packageRoot: this.root, env: {}, cwd: this.root, ...options });
  }

  /** The error of a configuration that must not be accepted. */
  refuse(options: Partial<LoadConfigOptions> = {}): AppError {
    return refusal(() => this.load(options));
  }
}

export function refusal(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}
