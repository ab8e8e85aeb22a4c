import { Global, Module } from '@nestjs/common';
import { AppError } from '../../shared/errors.js';
import type { AppLogger } from './app-logger.js';

export const APP_LOGGER = Symbol('APP_LOGGER');

let current: AppLogger | undefined;

/** Sets the logger of the process; an entry point makes it before Nest starts. */
export function provideAppLogger(logger: AppLogger): void {
  current = logger;
}

@Global()
@Module({
  providers: [
    {
      provide: APP_LOGGER,
      useFactory: () => {
        if (current === undefined) throw new AppError('internal', 'provideAppLogger() was not called.');
        return current;
      },
    },
  ],
  exports: [APP_LOGGER],
})
export class LoggingModule {}
