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

/** What Nest says when the start fails; the command says the same as one plain error line. */
const STARTUP_CONTEXTS = new Set(['ExceptionHandler', 'TypeOrmModule']);

class QuietLogger extends AppLogger {
  override error(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context !== 'string' || !STARTUP_CONTEXTS.has(context)) super.error(message, ...rest);
  }
}

/** A command's log goes to stderr: errors, or everything with --verbose. */
export function commandLogger(options: GlobalOptions): AppLogger {
  const destination = { write: (line: string) => process.stderr.write(line) };
  return options.verbose === true
    ? new AppLogger({ level: 'debug', format: 'text', destination })
    : new QuietLogger({ level: 'error', format: 'text', destination });
}
