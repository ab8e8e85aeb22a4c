import { Injectable } from '@nestjs/common';
import { runInThread, type ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { DetectTask } from '../workers/detect.worker.js';
import type { FitResult } from './core/detectors/fitted-detector.js';

/** Fits the detectors other than the plain forest, on a worker thread. */
@Injectable()
export class DetectorTrainerService {
  fit(task: DetectTask, options: ThreadTaskOptions): Promise<FitResult> {
    return runInThread<DetectTask, FitResult>('detect', task, options);
  }
}
