import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ScheduleRunnerService } from './schedule-runner.service.js';
import { SchedulesController } from './schedules.controller.js';
import { SchedulesModule } from './schedules.module.js';

/** The routes of schedules, and what wakes up for their ticks; a command does without both. */
@Module({
  imports: [ScheduleModule.forRoot(), SchedulesModule],
  controllers: [SchedulesController],
  providers: [ScheduleRunnerService],
})
export class SchedulesHttpModule {}
