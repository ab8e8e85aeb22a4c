import { Module } from '@nestjs/common';
import { ExportModule } from '../../export/export.module.js';
import { TrainingModule } from '../../training/training.module.js';
import { PipelineModule } from '../pipeline.module.js';
import { ScheduleInputService } from './schedule-input.service.js';
import { ScheduleRepository } from './schedule.repository.js';
import { SchedulesService } from './schedules.service.js';
import { ScheduleTickRepository } from './schedule-tick.repository.js';
import { ScheduleTickService } from './schedule-tick.service.js';

/** Trainings that repeat. */
@Module({
  imports: [ExportModule, TrainingModule, PipelineModule],
  providers: [
    ScheduleRepository,
    ScheduleTickRepository,
    ScheduleInputService,
    ScheduleTickService,
    SchedulesService,
  ],
  exports: [SchedulesService, ScheduleTickService, ScheduleTickRepository],
})
export class SchedulesModule {}
