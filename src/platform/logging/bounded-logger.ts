import type { Writable } from 'node:stream';
import type { TrainingServiceConfig } from '../config/schema/training-service-config.js';
import { AppLogger } from './app-logger.js';
import { BoundedDestination } from './bounded-destination.js';

/** The logger of a process that runs for a long time: to an output, which may not be read for a while. */
export function boundedLogger({ logging }: TrainingServiceConfig, output: Writable): AppLogger {
  const logger: AppLogger = new AppLogger({
    level: logging.level.toLowerCase(),
    format: logging.format,
    destination: new BoundedDestination(output, (dropped) => {
      logger.warn(`${dropped} log lines are missing here: nobody read standard output`, 'logging');
    }),
  });
  return logger;
}
