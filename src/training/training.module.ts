import { Module } from '@nestjs/common';
import { DetectorTrainerService } from './detector-trainer.service.js';
import { ForestTrainerService } from './forest-trainer.service.js';
import { RunStatisticsRepository } from './run-statistics.repository.js';
import { RunStatisticsService } from './run-statistics.service.js';
import { TrainingQueueRepository } from './training-queue.repository.js';
import { TrainingRunRepository } from './training-run.repository.js';
import { TrainingRunsService } from './training-runs.service.js';

@Module({
  providers: [
    DetectorTrainerService,
    ForestTrainerService,
    TrainingRunRepository,
    TrainingQueueRepository,
    TrainingRunsService,
    RunStatisticsRepository,
    RunStatisticsService,
  ],
  exports: [DetectorTrainerService, ForestTrainerService, TrainingRunsService, RunStatisticsService],
})
export class TrainingModule {}
