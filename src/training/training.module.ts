import { Module } from '@nestjs/common';
import { ForestTrainerService } from './forest-trainer.service.js';
import { TrainingRunRepository } from './training-run.repository.js';

@Module({
  providers: [ForestTrainerService, TrainingRunRepository],
  exports: [ForestTrainerService, TrainingRunRepository],
})
export class TrainingModule {}
