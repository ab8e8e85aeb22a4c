import { Global, Module } from '@nestjs/common';
import { CLOCK, systemClock } from './clock.js';
import { APP_CONFIG } from './config/app-config.js';
import { Observations } from './metrics/observations.js';
import { OBJECT_STORE } from './object-store/object-store.js';
import { openObjectStore } from './object-store/open-object-store.js';
import { ShutdownState } from './shutdown-state.js';

/** What every stage may inject: the clock, the bucket of artifacts (null = none), where to say what was done, and whether the process is about to end. */
@Global()
@Module({
  providers: [
    { provide: CLOCK, useValue: systemClock },
    { provide: OBJECT_STORE, useFactory: openObjectStore, inject: [APP_CONFIG] },
    Observations,
    ShutdownState,
  ],
  exports: [CLOCK, OBJECT_STORE, Observations, ShutdownState],
})
export class PlatformModule {}
