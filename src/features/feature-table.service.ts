import { Injectable } from '@nestjs/common';
import { runEarlyOrNow } from '../platform/compute/early-task.js';
import { Observations } from '../platform/metrics/observations.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { TableResult, TableTask } from '../workers/table-task.js';

/** Reads feature tables on a worker thread. */
@Injectable()
export class FeatureTableService {
  /** Commands that need nothing else make one without the framework. */
  constructor(private readonly observations: Observations = new Observations()) {}

  /** @throws AppError `export_invalid` naming the first cell, column or row that cannot be used */
  async read(task: TableTask, options: ThreadTaskOptions): Promise<TableResult> {
    const result = await runEarlyOrNow<TableTask, TableResult>('table', task, options);
    const { files, stats } = result.report;
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    this.observations.note({ kind: 'export_read', bytes, valid: stats.row_count, invalid: 0 });
    return result;
  }
}
