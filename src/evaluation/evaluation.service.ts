import { Injectable } from '@nestjs/common';
import { runInThread, type ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { EvaluateTask } from '../workers/evaluate.worker.js';
import type { EvaluationReport } from './core/evaluation-report.js';

/** Judges a trained forest on a worker thread. */
@Injectable()
export class EvaluationService {
  evaluate(task: EvaluateTask, options: ThreadTaskOptions): Promise<EvaluationReport> {
    return runInThread<EvaluateTask, EvaluationReport>('evaluate', task, options);
  }
}
