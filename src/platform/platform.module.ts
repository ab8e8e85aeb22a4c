import { Global, Module } from '@nestjs/common';
import { CLOCK, systemClock } from './clock.js';
import { ShutdownState } from './shutdown-state.js';

/** What every stage may inject: the clock, and whether the process is about to end. */
@Global()
@Module({
  providers: [{ provide: CLOCK, useValue: systemClock }, ShutdownState],
  exports: [CLOCK, ShutdownState],
})
export class PlatformModule {}
