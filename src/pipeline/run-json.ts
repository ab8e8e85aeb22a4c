import type { TrainingRun } from '../training/training-run.js';
import type { RunDto } from './training.dto.js';

/** A run as the API prints it. */
export function runJson(run: TrainingRun): RunDto {
  return {
    training_id: run.trainingId,
    model_name: run.modelName,
    status: run.status,
    progress: run.progress,
    step: run.step,
    error:
      run.error === null ? null : { code: run.error.code, message: run.error.message, hint: run.error.hint },
    version: run.version,
    result: run.result,
    origin: run.origin,
    created_at: run.createdAt,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    updated_at: run.updatedAt,
  };
}
