import { Inject, Injectable } from '@nestjs/common';
import { exportSelection } from '../export/export-selection.dto.js';
import { ExportsService } from '../export/exports.service.js';
import { knownFeatureNames } from '../features/core/known-features.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { withRunOverrides } from '../platform/config/run-overrides.js';
import { AppError, type FieldProblem } from '../shared/errors.js';
import { isTerminal } from '../training/core/run-status.js';
import type { TrainingRun } from '../training/training-run.js';
import { RunCreatorService } from './run-creator.service.js';
import { TrainingQueueService } from './training-queue.service.js';
import type { CheckedRequest, TableInput, TrainingRequest } from './training-request.js';
import type { TrainRequestDto } from './training.dto.js';

/** Turns a request from the network into a recorded, queued run. */
@Injectable()
export class TrainingRequestsService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    private readonly exports: ExportsService,
    private readonly creator: RunCreatorService,
    private readonly queue: TrainingQueueService,
  ) {}

  /** Everything that can be said against a request before its work begins, and nothing else. */
  async check(body: TrainRequestDto): Promise<CheckedRequest> {
    const table = tableInput(body);
    const file = await this.exports.resolve(body);
    const labels = body.labels_file === undefined ? undefined : this.exports.resolveFile(body.labels_file);
    const selection = exportSelection(body);
    const config = withRunOverrides(this.config, body.config_overrides, {
      knownFeatures: knownFeatureNames(),
    });
    const request: TrainingRequest = {
      files: [file],
      modelName: body.model_name ?? 'wifi',
      ...selection,
      configOverrides: body.config_overrides ?? null,
      noFollow: true,
      deploy: body.deploy === true,
      outputDir: null,
      ...(table === undefined ? {} : { table }),
      ...(labels === undefined ? {} : { labels }),
    };
    return { request, config };
  }

  /** @param operationId names the work of a request that may be sent again: it has one run */
  async submit(body: TrainRequestDto, operationId: string | null, actor: string): Promise<TrainingRun> {
    const { request, config } = await this.check(body);
    const run = await this.creator.create(request, {
      origin: 'api',
      actor,
      idempotencyKey: operationId,
      config,
      priority: body.priority,
    });
    // Also for a known run: the first attempt may have failed between the row and the queue.
    if (!isTerminal(run.status)) await this.queue.enqueue(run.trainingId);
    return run;
  }
}

/** undefined = a log export. */
function tableInput({
  input = 'logs',
  label_column: labelColumn,
  programs,
}: TrainRequestDto): TableInput | undefined {
  const problems: FieldProblem[] = [];
  if (input === 'logs' && labelColumn !== undefined)
    problems.push({
      pointer: '/label_column',
      code: 'input',
      message: 'is for a feature table: input "features"',
    });
  if (input === 'features' && programs !== undefined)
    problems.push({ pointer: '/programs', code: 'input', message: 'means nothing for a feature table' });
  if (problems.length > 0)
    throw new AppError('validation_failed', 'The input and its options do not fit.', { problems });
  return input === 'logs' ? undefined : { labelColumn: labelColumn ?? null };
}
