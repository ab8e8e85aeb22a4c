import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import type { Output } from './output.js';

export function run(_: readonly string[], options: GlobalOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  const document = { valid: true, warnings: config.warnings, config_hash: config.hash };
  output.result(document, () => `The configuration is valid (hash ${config.hash.slice(0, 12)}).`);
  return Promise.resolve();
}
