import { Global, Module } from '@nestjs/common';
import { CLOCK, systemClock } from './clock.js';

/** What every stage may inject: the clock. */
@Global()
@Module({
  providers: [{ provide: CLOCK, useValue: systemClock }],
  exports: [CLOCK],
})
export class PlatformModule {}
