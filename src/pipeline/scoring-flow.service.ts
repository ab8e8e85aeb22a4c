import { Injectable } from '@nestjs/common';
import { windowConfigFromSpec } from '../features/core/feature-spec.js';
import { TABLE_SET } from '../features/core/table-set.js';
import { FeatureExtractionService } from '../features/feature-extraction.service.js';
import { FeatureTableService } from '../features/feature-table.service.js';
import { ScoringService, type ScoreReport } from '../monitoring/scoring.service.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import { ModelLoaderService } from '../registry/model-loader.service.js';
import { AppError } from '../shared/errors.js';
import type { TableTask } from '../workers/table-task.js';
import type { IngestSelection } from './ingest-task.js';

export interface ScoreCommand {
  readonly selection: IngestSelection;
  readonly modelName: string;
  /** null = the deployed version. */
  readonly version: string | null;
  readonly maxWindows: number;
}

/**
 * export -> features -> score, with the features and the window the MODEL was trained on, whatever is configured. A model
 * that was trained on a feature table reads one, any other model log exports.
 */
@Injectable()
export class ScoringFlowService {
  constructor(
    private readonly loader: ModelLoaderService,
    private readonly features: FeatureExtractionService,
    private readonly tables: FeatureTableService,
    private readonly scoring: ScoringService,
  ) {}

  async score(command: ScoreCommand, options: ThreadTaskOptions): Promise<ScoreReport> {
    const { version, modelName } = command;
    const model =
      version === null ? await this.loader.loadDeployed(modelName) : await this.loader.loadVersion(version);
    try {
      return model.spec.feature_set === TABLE_SET
        ? await this.scoreTable(model, command, options)
        : await this.scoreLogs(model, command, options);
    } catch (error) {
      throw otherInput(error, model);
    }
  }

  private async scoreLogs(
    model: LoadedModel,
    command: ScoreCommand,
    options: ThreadTaskOptions,
  ): Promise<ScoreReport> {
    const { table } = await this.features.extract(extractionFor(model, command), options);
    return this.scoring.score(model, table);
  }

  private async scoreTable(
    model: LoadedModel,
    command: ScoreCommand,
    options: ThreadTaskOptions,
  ): Promise<ScoreReport> {
    const { table, report } = await this.tables.read(tableTaskFor(model, command), options);
    // How many rows there are and which columns never change matters for a training only.
    const ignored = report.warnings.filter(({ code }) => code === 'ignored_columns');
    return this.scoring.scoreTable(
      model,
      table,
      ignored.map(({ message }) => message),
    );
  }
}

/** What is read, and how much of it. */
type ReadCommand = Pick<ScoreCommand, 'selection' | 'maxWindows'>;

/** The ingest of an export with the features and the window of the model. */
export function extractionFor(
  model: LoadedModel,
  { selection, maxWindows }: ReadCommand,
): Parameters<FeatureExtractionService['extract']>[0] {
  return {
    files: selection.files,
    featureSet: model.spec.feature_set,
    window: windowConfigFromSpec(model.spec, maxWindows),
    startMs: selection.startMs ?? null,
    endMs: selection.endMs ?? null,
    programs: selection.programs ?? null,
    noFollow: selection.noFollow ?? false,
  };
}

/** The reading of a feature table with the columns of the model. */
export function tableTaskFor(model: LoadedModel, { selection, maxWindows }: ReadCommand): TableTask {
  if (selection.programs != null) {
    throw new AppError(
      'usage',
      `Model ${model.version} was trained on a feature table, whose rows have no programs.`,
      { hint: 'Leave out the filter by program.' },
    );
  }
  return {
    files: selection.files,
    features: model.featureNames,
    labelColumn: null,
    startMs: selection.startMs ?? null,
    endMs: selection.endMs ?? null,
    maxRows: maxWindows,
    noFollow: selection.noFollow ?? false,
  };
}

/** What a file looks like that is input of the other kind of model. */
const OTHER_INPUT = ['not_a_table', 'unknown_format', 'missing_column'];

/** The reader knows what it found; which input the model needs is said here. */
export function otherInput(error: unknown, { version, spec, featureNames }: LoadedModel): unknown {
  if (!(error instanceof AppError) || !OTHER_INPUT.includes(String(error.details.reason))) return error;
  const hint =
    spec.feature_set === TABLE_SET
      ? `Model ${version} scores feature tables: CSV with the ${featureNames.length} columns of its feature_spec.json, not log exports.`
      : `Model ${version} scores log exports; a feature table is scored by a model that was trained with --input features.`;
  return new AppError(error.code, error.message, { cause: error, hint, details: error.details });
}
