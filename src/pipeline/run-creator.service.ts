import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { STEP_TITLES } from '../training/core/run-status.js';
import { TrainingRunsService } from '../training/training-runs.service.js';
import type { RunOrigin, TrainingRun } from '../training/training-run.js';
import { runConfig } from './run-config.js';
import type { TrainingRequest } from './training-request.js';

export interface RunOptions {
  readonly origin: RunOrigin;
  /** Who asks for it, for the audit log. */
  readonly actor: string;
  /** A run that was recorded with this key before is given back instead of a new one. */
  readonly idempotencyKey: string | null;
  /** 0 to 1000, lower runs first; default 100. */
  readonly priority?: number;
  /** Resolved with the overrides of the request; stored with the run. */
  readonly config: Pick<ResolvedConfig, 'values' | 'hash'>;
}

/** Records a run before any work is done for it, with everything a worker anywhere needs to carry it out. */
@Injectable()
export class RunCreatorService {
  constructor(private readonly runs: TrainingRunsService) {}

  create(
    request: TrainingRequest,
    { origin, actor, idempotencyKey, config, priority }: RunOptions,
  ): Promise<TrainingRun> {
    const { values, hash } = runConfig(config);
    return this.runs.create({
      trainingId: randomUUID(),
      modelName: request.modelName,
      step: STEP_TITLES.queued,
      request,
      config: values,
      configHash: hash,
      origin,
      actor,
      idempotencyKey,
      priority,
    });
  }
}
