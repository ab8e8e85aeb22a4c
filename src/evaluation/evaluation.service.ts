import { Injectable } from '@nestjs/common';
import { runInThread, type ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { CrossValidateTask } from '../workers/cross-validate.worker.js';
import type { EvaluateTask } from '../workers/evaluate.worker.js';
import type { CrossValidationReport } from './core/cross-validation.js';
import type { ComparisonInput, ScoreComparison } from './core/comparison/compare-scores.js';
import type { TrialOutcome } from './core/tuning/run-trial.js';
import type { TuneTask } from '../workers/tune.worker.js';
import type { EvaluationReport } from './core/evaluation-report.js';

/** Judges a trained forest on a worker thread. */
@Injectable()
export class EvaluationService {
  evaluate(task: EvaluateTask, options: ThreadTaskOptions): Promise<EvaluationReport> {
    return runInThread<EvaluateTask, EvaluationReport>('evaluate', task, options);
  }

  /** On a thread of its own, so that it runs while the final model is fitted and judged. */
  crossValidate(task: CrossValidateTask, options: ThreadTaskOptions): Promise<CrossValidationReport | null> {
    return runInThread<CrossValidateTask, CrossValidationReport | null>('cross-validate', task, options);
  }

  /** Two versions on the same rows. */
  compare(input: ComparisonInput, options: ThreadTaskOptions): Promise<ScoreComparison> {
    return runInThread<ComparisonInput, ScoreComparison>('compare', input, options);
  }

  /** One trial of a search for better settings. */
  tryOut(task: TuneTask, options: ThreadTaskOptions): Promise<TrialOutcome> {
    return runInThread<TuneTask, TrialOutcome>('tune', task, options);
  }
}
