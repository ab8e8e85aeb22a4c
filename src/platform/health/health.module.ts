import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DiskSpaceIndicator } from './disk-space.indicator.js';
import { HealthController } from './health.controller.js';
import { ObjectStoreIndicator } from './object-store.indicator.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [DiskSpaceIndicator, ObjectStoreIndicator],
})
export class HealthModule {}
