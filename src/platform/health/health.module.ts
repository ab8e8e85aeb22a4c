import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DiskSpaceIndicator } from './disk-space.indicator.js';
import { HealthController } from './health.controller.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [DiskSpaceIndicator],
})
export class HealthModule {}
