import type { AppError } from '../shared/errors.js';
import type { TrainingResult } from './training-result.js';

/** How one execution of a run ended. */
export type ExecutionResult =
  | { readonly status: 'completed' | 'rejected'; readonly result: TrainingResult }
  | { readonly status: 'failed' | 'cancelled'; readonly error: AppError };
