import { Injectable } from '@nestjs/common';
import { runEarlyOrNow } from '../platform/compute/early-task.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { IngestResult, IngestTask } from '../workers/ingest-task.js';
import type { ValidationReport } from './core/validation-report.js';

/** Validates exports on a worker thread without extracting features. */
@Injectable()
export class ExportValidationService {
  async validate(
    task: Omit<IngestTask, 'extract'>,
    options: ThreadTaskOptions = {},
  ): Promise<ValidationReport> {
    const { report } = await runEarlyOrNow<IngestTask, IngestResult>(
      'ingest',
      { ...task, extract: false },
      options,
    );
    return report;
  }
}
