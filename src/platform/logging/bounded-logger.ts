import type { Writable } from 'node:stream';
import type { LogLevel } from '../config/schema/logging.schema.js';
import type { TrainingServiceConfig } from '../config/schema/training-service-config.js';
import { AppLogger } from './app-logger.js';
import { BoundedDestination } from './bounded-destination.js';

/** Python's words, as the configuration has them, in those of the library. */
const LEVELS: Readonly<Record<LogLevel, string>> = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
};

/** The logger of a process that runs for a long time: to an output, which may not be read for a while. */
export function boundedLogger({ logging }: TrainingServiceConfig, output: Writable): AppLogger {
  const logger: AppLogger = new AppLogger({
    level: LEVELS[logging.level],
    format: logging.format,
    destination: new BoundedDestination(output, (dropped) => {
      logger.warn(`${dropped} log lines are missing here: nobody read standard output`, 'logging');
    }),
  });
  return logger;
}
