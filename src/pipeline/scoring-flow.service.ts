import { Injectable } from '@nestjs/common';
import { windowConfigFromSpec } from '../features/core/feature-spec.js';
import { FeatureExtractionService } from '../features/feature-extraction.service.js';
import { ScoringService, type ScoreReport } from '../monitoring/scoring.service.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import { ModelLoaderService } from '../registry/model-loader.service.js';
import type { IngestSelection } from './ingest-task.js';

export interface ScoreCommand {
  readonly selection: IngestSelection;
  readonly modelName: string;
  /** null = the deployed version. */
  readonly version: string | null;
  readonly maxWindows: number;
}

/** export -> features -> score, with the features and the window the MODEL was trained on, whatever is configured. */
@Injectable()
export class ScoringFlowService {
  constructor(
    private readonly loader: ModelLoaderService,
    private readonly features: FeatureExtractionService,
    private readonly scoring: ScoringService,
  ) {}

  async score(command: ScoreCommand, options: ThreadTaskOptions): Promise<ScoreReport> {
    const { version, modelName } = command;
    const model =
      version === null ? await this.loader.loadDeployed(modelName) : await this.loader.loadVersion(version);
    const { table } = await this.features.extract(taskFor(model, command), options);
    return this.scoring.score(model, table);
  }
}

function taskFor(
  model: LoadedModel,
  { selection, maxWindows }: ScoreCommand,
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
