import { Module } from '@nestjs/common';
import { ForestTrainerService } from './forest-trainer.service.js';
import { TrainingRunRepository } from './training-run.repository.js';

import { TrainingRunsService } from './training-runs.service.js';

@Module({
  providers: [ForestTrainerService, TrainingRunRepository, TrainingRunsService],
  exports: [ForestTrainerService, TrainingRunsService],
})
export class TrainingModule {}
