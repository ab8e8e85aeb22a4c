import { Injectable } from '@nestjs/common';
import { runEarlyOrNow } from '../platform/compute/early-task.js';
import { Observations } from '../platform/metrics/observations.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import { AppError } from '../shared/errors.js';
import type { ValidationReport } from '../export/core/validation-report.js';
import type { IngestResult, IngestTask } from '../workers/ingest-task.js';
import type { WindowTable } from './core/window-table.js';

export interface Extraction {
  readonly report: ValidationReport;
  readonly table: WindowTable;
  /** Of a label field: row -> 1 = anomaly. */
  readonly labels: Uint8Array | null;
}

/** Reads, validates and windows exports on a worker thread, in one pass over the bytes. */
@Injectable()
export class FeatureExtractionService {
  /** Commands that need nothing else make one without the framework. */
  constructor(private readonly observations: Observations = new Observations()) {}

  async extract(task: Omit<IngestTask, 'extract'>, options: ThreadTaskOptions): Promise<Extraction> {
    const { report, table, labels } = await runEarlyOrNow<IngestTask, IngestResult>(
      'ingest',
      { ...task, extract: true },
      options,
    );
    const { valid_logs: valid, invalid_logs: invalid } = report.stats;
    const bytes = report.files.reduce((sum, file) => sum + file.bytes, 0);
    this.observations.note({ kind: 'export_read', bytes, valid, invalid });
    if (table === null) throw new AppError('internal', 'The ingest thread returned no windows.');
    return { report, table, labels };
  }
}
