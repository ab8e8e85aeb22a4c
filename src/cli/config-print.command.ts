import { maskSecrets } from '../platform/config/mask-secrets.js';
import { dump } from 'js-yaml';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import type { Output } from './output.js';

export function run(_: readonly string[], options: GlobalOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  const document = {
    config_hash: config.hash,
    paths: config.paths,
    values: maskSecrets(config.values),
    sources: config.sources,
  };
  output.result(document, () => dump(JSON.parse(JSON.stringify(document)), { lineWidth: 110 }).trimEnd());
  return Promise.resolve();
}
