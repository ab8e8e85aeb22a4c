/**
 * Life of a training run:
 *
 *   queued --a worker takes it--> running --gate passed--> completed
 *                                         --gate failed--> rejected   (registered, never deployed)
 *                                         --error--------> failed
 *   queued | running --cancel--> cancelled
 *   running --its worker died, the queue hands it out again--> running (same run, higher fencing token)
 */
export const RUN_STATUSES = ['queued', 'running', 'completed', 'rejected', 'failed', 'cancelled'] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

export function isTerminal(status: RunStatus): boolean {
  return status !== 'queued' && status !== 'running';
}

/** Steps with the progress at which each begins (the seeds' numbers). */
export const RUN_STEPS = {
  queued: 0,
  validate: 5,
  load: 10,
  extract: 30,
  prepare: 50,
  train: 70,
  evaluate: 85,
  save: 95,
  done: 100,
} as const;

export type RunStep = keyof typeof RUN_STEPS;

export const STEP_TITLES: Readonly<Record<RunStep, string>> = {
  queued: 'Waiting for a worker',
  validate: 'Validating export data',
  load: 'Loading export data',
  extract: 'Extracting features',
  prepare: 'Preparing training data',
  train: 'Training model',
  evaluate: 'Evaluating model',
  save: 'Saving model',
  done: 'Training completed',
};
