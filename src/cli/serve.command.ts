import { serve } from '../serve.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import type { Output } from './output.js';

interface ServeOptions extends GlobalOptions {
  readonly host?: string;
  readonly port?: string;
}

export async function run(_: readonly string[], options: ServeOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  const port = options.port === undefined ? config.values.api.port : Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AppError('usage', `--port ${JSON.stringify(options.port)} is not a port number (0 to 65535).`);
  }
  await serve(config, { host: options.host ?? config.values.api.host, port });
}
