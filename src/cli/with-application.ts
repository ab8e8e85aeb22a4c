import type { Application } from '../application.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { AppLogger } from '../platform/logging/app-logger.js';
import type { GlobalOptions } from './command.js';

/** Opens the service for one command and closes it whatever happens. Nest is loaded here, not before. */
export async function withApplication<T>(
  config: ResolvedConfig,
  options: GlobalOptions,
  body: (application: Application) => Promise<T>,
): Promise<T> {
  const { openApplication } = await import('../application.js');
  const application = await openApplication(config, commandLogger(options));
  try {
    return await body(application);
  } finally {
    await application.close();
  }
}

/** A command's log goes to stderr: warnings, or everything with --verbose. */
export function commandLogger(options: GlobalOptions): AppLogger {
  return new AppLogger({
    level: options.verbose === true ? 'debug' : 'error',
    format: 'text',
    destination: { write: (line: string) => process.stderr.write(line) },
  });
}
