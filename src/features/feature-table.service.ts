import { Injectable } from '@nestjs/common';
import { runEarlyOrNow } from '../platform/compute/early-task.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { TableResult, TableTask } from '../workers/table-task.js';

/** Reads feature tables on a worker thread. */
@Injectable()
export class FeatureTableService {
  /** @throws AppError `export_invalid` naming the first cell, column or row that cannot be used */
  read(task: TableTask, options: ThreadTaskOptions): Promise<TableResult> {
    return runEarlyOrNow<TableTask, TableResult>('table', task, options);
  }
}
