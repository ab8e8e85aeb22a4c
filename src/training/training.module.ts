import { Module } from '@nestjs/common';
import { DetectorTrainerService } from './detector-trainer.service.js';
import { ForestTrainerService } from './forest-trainer.service.js';
import { TrainingRunRepository } from './training-run.repository.js';

import { TrainingRunsService } from './training-runs.service.js';

@Module({
  providers: [DetectorTrainerService, ForestTrainerService, TrainingRunRepository, TrainingRunsService],
  exports: [DetectorTrainerService, ForestTrainerService, TrainingRunsService],
})
export class TrainingModule {}
