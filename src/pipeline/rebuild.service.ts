import { Inject, Injectable } from '@nestjs/common';
import { APP_VERSION } from '../platform/app-version.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { mergeTrees, toPlain, type PlainTree } from '../platform/config/plain-tree.js';
import { VERSION_FILES } from '../registry/core/version-files.js';
import type { ModelVersion } from '../registry/model-version.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { encodeModel } from '../registry/encode-model.js';
import { sha256Hex } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';
import { RUN_STEPS, STEP_TITLES } from '../training/core/run-status.js';
import type { TrainingRun } from '../training/training-run.js';
import { TrainingRunsService } from '../training/training-runs.service.js';
import { findInputs, type InputPlaces, type RecordedInput } from './rebuild-inputs.js';
import { runConfig, type RunConfig, type RunSections } from './run-config.js';
import type { RunContext } from './run-context.js';
import { modelContent, TrainingPipelineService } from './training-pipeline.service.js';
import type { TrainingRequest } from './training-request.js';

export interface RebuildOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (percent: number, step: string) => void;
}

export interface RebuiltFile {
  readonly expected: string;
  readonly actual: string;
  readonly identical: boolean;
}

/** What `rebuild --json` prints. */
export interface RebuildResult {
  readonly version: string;
  readonly identical: boolean;
  /** File -> registered and rebuilt SHA-256, of the files whose bytes the input and the configuration decide. */
  readonly files: Readonly<Record<string, RebuiltFile>>;
  readonly code_version: { readonly recorded: string; readonly current: string };
  readonly config_hash: string;
  readonly inputs: readonly RecordedInput[];
  /** Why they differ, as far as it can be known; empty when identical. */
  readonly reasons: readonly string[];
}

interface Lineage {
  readonly exports?: readonly RecordedInput[];
  readonly config_hash?: string;
  readonly code_version?: string;
}

/** Trains a registered version once more from what its run recorded and compares the bytes. Registers nothing. */
@Injectable()
export class RebuildService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    private readonly registry: ModelRegistryService,
    private readonly runs: TrainingRunsService,
    private readonly pipeline: TrainingPipelineService,
  ) {}

  /**
   * @throws AppError `not_found` for a version without a recorded training, `file_not_found` and `artifact_integrity`
   * for an input that is missing or has other bytes; nothing was trained then
   */
  async rebuild(version: string, places: InputPlaces, options: RebuildOptions): Promise<RebuildResult> {
    const model = await this.registry.get(version);
    const run = await this.recordedRun(model);
    const lineage = model.lineage as Lineage;
    const inputs = lineage.exports ?? [];
    // Labels measure a model; they do not change a byte of it.
    const request = { ...(run.request as TrainingRequest), labels: undefined };
    options.onProgress?.(0, 'Checking the inputs');
    const files = await findInputs(inputs, request.files, places, options.signal);
    const config = this.recordedConfig(run);
    const given = places.files !== undefined || places.directory !== undefined;
    const fitted = await this.pipeline.fit(
      { ...request, files, noFollow: given ? false : request.noFollow },
      config,
      rebuildContext(run.trainingId, options),
    );
    const changed = fitted.rows.report.files.find(({ sha256 }, i) => sha256 !== inputs[i].sha256);
    if (changed !== undefined)
      throw new AppError('artifact_integrity', `${changed.name} was changed while it was read.`);
    const encoded = await encodeModel(modelContent(fitted, config), options.signal);
    const actual = Object.fromEntries(encoded.map(({ name, data }) => [name, sha256Hex(data)]));
    options.onProgress?.(RUN_STEPS.done, STEP_TITLES.done);
    return rebuildResult(model, lineage, run.configHash, actual);
  }

  private async recordedRun({ version, trainingId, parentVersion }: ModelVersion): Promise<TrainingRun> {
    const run = trainingId === null ? null : await this.runs.find(trainingId);
    if (run !== null) return run;
    throw new AppError('not_found', `No training is recorded for model ${version}.`, {
      hint:
        parentVersion === null
          ? 'Only a version that was trained here can be rebuilt; an imported one comes from elsewhere.'
          : `It has the forest of ${parentVersion}: rebuild that one.`,
    });
  }

  /** Keys that did not exist when the run was recorded take today's values; threads are a matter of this machine. */
  private recordedConfig(run: TrainingRun): RunConfig {
    const today = runConfig(this.config);
    const recorded = mergeTrees(toPlain(today.values) as PlainTree, run.config as PlainTree);
    const threads = { training: { n_jobs: this.config.values.training.n_jobs } };
    return { values: mergeTrees(recorded, threads) as unknown as RunSections, hash: run.configHash };
  }
}

function rebuildContext(trainingId: string, { signal, onProgress }: RebuildOptions): RunContext {
  return {
    trainingId,
    signal,
    step: (step) => {
      signal.throwIfAborted();
      onProgress?.(RUN_STEPS[step], STEP_TITLES[step]);
      return Promise.resolve();
    },
    fraction: () => undefined,
  };
}

function rebuildResult(
  { version, artifacts }: ModelVersion,
  lineage: Lineage,
  configHash: string,
  actual: Readonly<Record<string, string>>,
): RebuildResult {
  // A file that an older release did not write has nothing to be compared with.
  const files = Object.fromEntries(
    Object.entries(actual)
      .filter(([file]) => Object.hasOwn(artifacts, file))
      .map(([file, hash]): [string, RebuiltFile] => [
        file,
        { expected: artifacts[file], actual: hash, identical: artifacts[file] === hash },
      ]),
  );
  const identical = Object.values(files).every((file) => file.identical);
  return {
    version,
    identical,
    files,
    code_version: { recorded: lineage.code_version ?? 'unknown', current: APP_VERSION },
    config_hash: configHash,
    inputs: lineage.exports ?? [],
    reasons: identical ? [] : reasons(lineage, configHash, files),
  };
}

function reasons(
  lineage: Lineage,
  configHash: string,
  files: Readonly<Record<string, RebuiltFile>>,
): string[] {
  const found: string[] = [];
  const { code_version: code, config_hash: config } = lineage;
  if (code !== APP_VERSION)
    found.push(
      `Release ${code ?? 'unknown'} trained the model, this is ${APP_VERSION}: install that release and rebuild with it.`,
    );
  if (config !== configHash)
    found.push('The configuration recorded with the run is not the one in the lineage of the model.');
  if (found.length > 0) return found;
  const same = (file: string): boolean => !Object.hasOwn(files, file) || files[file].identical;
  if (!same(VERSION_FILES.featureSpec))
    return ['Release, inputs and configuration are the same, but the features came out otherwise.'];
  if (!same(VERSION_FILES.forest))
    return [
      'Release, inputs, configuration and features are the same, but the forest differs: another processor or Node.js may round logarithms otherwise.',
    ];
  return ['Forest and features are the same; the files written from them differ.'];
}
