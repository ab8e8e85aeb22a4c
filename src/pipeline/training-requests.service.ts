import { Inject, Injectable } from '@nestjs/common';
import { parseDateBound } from '../export/core/timestamp.js';
import { ExportRepository } from '../export/export.repository.js';
import { ExportStore } from '../export/export-store.js';
import { FEATURE_CATALOGUE } from '../features/core/feature-catalogue.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { withRunOverrides } from '../platform/config/run-overrides.js';
import { AppError, type FieldProblem } from '../shared/errors.js';
import { TrainingRunRepository } from '../training/training-run.repository.js';
import type { TrainingRun } from '../training/training-run.js';
import type { IngestFile } from '../workers/ingest.worker.js';
import { RunCreatorService } from './run-creator.service.js';
import { TrainingQueueService } from './training-queue.service.js';
import type { TrainRequestDto } from './training.dto.js';

/** What names an export over the network: a path below the exports directory or a registered export. */
export interface ExportReference {
  readonly export_file?: string;
  readonly export_id?: string;
}

/** Turns a request from the network into a recorded, queued run. */
@Injectable()
export class TrainingRequestsService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    private readonly exports: ExportRepository,
    private readonly store: ExportStore,
    private readonly creator: RunCreatorService,
    private readonly runs: TrainingRunRepository,
    private readonly queue: TrainingQueueService,
  ) {}

  async submit(body: TrainRequestDto, idempotencyKey: string | null): Promise<TrainingRun> {
    if (idempotencyKey !== null) {
      const known = await this.runs.findByIdempotencyKey(idempotencyKey);
      if (known !== null) return known;
    }
    const file = await this.exportFile(body);
    const { startMs, endMs } = dateRange(body);
    const config = withRunOverrides(this.config, body.config_overrides, {
      knownFeatures: [...FEATURE_CATALOGUE.keys()],
    });
    const run = await this.creator.create(
      {
        files: [file],
        modelName: body.model_name ?? 'wifi',
        startMs,
        endMs,
        programs: null,
        configOverrides: body.config_overrides ?? null,
        noFollow: true,
        deploy: body.deploy === true,
        outputDir: null,
      },
      { origin: 'api', idempotencyKey, config },
    );
    await this.queue.enqueue(run.trainingId);
    return run;
  }

  async exportFile({ export_file: name, export_id: id }: ExportReference): Promise<IngestFile> {
    if ((name === undefined) === (id === undefined)) {
      throw new AppError('validation_failed', 'Give either export_file or export_id.', {
        problems: [
          {
            pointer: '/export_file',
            code: 'required',
            message: 'exactly one of export_file and export_id is needed',
          },
        ],
      });
    }
    if (name !== undefined) {
      const { path, storedKey } = this.store.resolve(name);
      return { path, name: storedKey };
    }
    const record = await this.exports.find(id!);
    if (record === null) throw new AppError('not_found', `There is no export ${id!}.`);
    return { path: this.store.resolve(record.storedKey).path, name: record.fileName };
  }
}

function dateRange({ start_date: start, end_date: end }: TrainRequestDto): {
  startMs: number | null;
  endMs: number | null;
} {
  const problems: FieldProblem[] = [];
  const bound = (text: string | undefined, pointer: string, kind: 'start' | 'end'): number | null => {
    if (text === undefined) return null;
    const at = parseDateBound(text, kind);
    if (Number.isFinite(at)) return at;
    problems.push({
      pointer,
      code: 'date',
      message: 'must be a date such as 2024-01-31 or a moment such as 2024-01-31T06:00:00Z',
    });
    return null;
  };
  const startMs = bound(start, '/start_date', 'start');
  const endMs = bound(end, '/end_date', 'end');
  if (startMs !== null && endMs !== null && endMs <= startMs) {
    problems.push({ pointer: '/end_date', code: 'date_range', message: 'must not be before start_date' });
  }
  if (problems.length > 0)
    throw new AppError('validation_failed', 'The date range is not acceptable.', { problems });
  return { startMs, endMs };
}
