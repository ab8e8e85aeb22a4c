import { Global, Module } from '@nestjs/common';
import { CLOCK, systemClock } from './clock.js';
import { Observations } from './metrics/observations.js';
import { ShutdownState } from './shutdown-state.js';

/** What every stage may inject: the clock, where to say what was done, and whether the process is about to end. */
@Global()
@Module({
  providers: [{ provide: CLOCK, useValue: systemClock }, Observations, ShutdownState],
  exports: [CLOCK, Observations, ShutdownState],
})
export class PlatformModule {}
