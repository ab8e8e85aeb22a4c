import { isTerminal } from '../training/core/run-status.js';
import type { TrainingRun } from '../training/training-run.js';
import type { RunDto, RunStatusDto } from './training.dto.js';

/** A run as the API prints it. */
export function runJson(run: TrainingRun): RunDto {
  return members(run);
}

/** The same with its place in the queue. */
export function runStatusJson(run: TrainingRun, position: number | null): RunStatusDto {
  return { ...members(run), queue_position: position };
}

function members(run: TrainingRun) {
  return {
    training_id: run.trainingId,
    model_name: run.modelName,
    status: run.status,
    progress: run.progress,
    step: run.step,
    priority: run.priority,
    lost_workers: run.lostWorkers,
    error:
      run.error === null ? null : { code: run.error.code, message: run.error.message, hint: run.error.hint },
    version: run.version,
    // Recorded with the version; the run may still have to deploy it.
    result: isTerminal(run.status) ? run.result : null,
    origin: run.origin,
    created_at: run.createdAt,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    updated_at: run.updatedAt,
  };
}
