import { Inject, Injectable } from '@nestjs/common';
import { detectModelFile, type ModelFileKind } from '../deployment/import/model-file.js';
import { readForeignPackage, type PackageFacts } from '../deployment/import/foreign-package.js';
import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import { EvaluationService } from '../evaluation/evaluation.service.js';
import { refusalText } from '../export/core/refusal-text.js';
import { windowConfigFromSpec } from '../features/core/feature-spec.js';
import { windowConfig } from '../features/core/window-config.js';
import { FeatureExtractionService } from '../features/feature-extraction.service.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { Actor, ModelVersion } from '../registry/model-version.js';
import { sha256Hex } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';
import { assertEnoughWindows } from '../training/core/enough-windows.js';
import {
  foreignEvaluationTask,
  foreignVersion,
  notEvaluated,
  referenceOf,
  type Reference,
} from './foreign-evaluation.js';
import { foreignFromOnnx, foreignFromPackage, type ForeignModel } from './foreign-model.js';
import type { IngestSelection } from './ingest-task.js';
import type { RunConfig } from './run-config.js';

export interface ImportCommand {
  readonly bytes: Buffer;
  /** What people call the file. */
  readonly fileName: string;
  readonly modelName: string;
  /** Feature set of a bare ONNX file; a package tells its own. */
  readonly featureSet: string | null;
  /** Exports to judge the model on; null = it is registered as rejected. */
  readonly evaluate: IngestSelection | null;
}

/** Provenance as it was found; it stands in the lineage and in metadata.json. */
export interface ImportOrigin {
  readonly foreign: true;
  readonly source_name: string;
  readonly source_sha256: string;
  readonly source_format: ModelFileKind;
  readonly source_version: string | null;
  /** What the package said about itself. */
  readonly source_manifest: PackageFacts | null;
}

/** What `import-model --json` prints and the API returns. */
export interface ImportResult {
  readonly version: string;
  readonly model_name: string;
  readonly status: string;
  readonly feature_set: string;
  readonly feature_names: readonly string[];
  readonly imported_from: ImportOrigin;
  readonly evaluated: boolean;
  readonly label_source: string;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly gate: ModelVersion['gate'];
  readonly threshold: number;
  readonly artifacts: Readonly<Record<string, string>>;
  readonly model_sha256: string;
  readonly warnings: readonly string[];
}

/** The same without the version: what would be registered. */
export interface ImportTrial extends Omit<ImportResult, 'version' | 'status' | 'artifacts' | 'model_sha256'> {
  readonly status: 'would_register';
  /** Status that the version would have. */
  readonly model_status: 'available' | 'rejected';
}

interface JudgedImport {
  readonly model: ForeignModel;
  readonly origin: ImportOrigin;
  readonly reference: Reference | null;
  readonly evaluation: EvaluationReport;
  readonly durationSeconds: number;
}

/** A model from elsewhere -> a version of ours: read as data, judged by the same gate, written by the same writer. */
@Injectable()
export class ImportFlowService {
  /** One import at a time: each may hold a hundred megabytes. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly features: FeatureExtractionService,
    private readonly evaluation: EvaluationService,
    private readonly registry: ModelRegistryService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError saying why the file or the exports are refused; nothing is registered then */
  import(
    command: ImportCommand,
    config: RunConfig,
    actor: Actor,
    options: ThreadTaskOptions = {},
  ): Promise<ImportResult> {
    return this.oneAtATime(() => this.importNow(command, config, actor, options));
  }

  /** Everything but registering it. */
  tryOut(command: ImportCommand, config: RunConfig, options: ThreadTaskOptions = {}): Promise<ImportTrial> {
    return this.oneAtATime(async () => {
      const judged = await this.judge(command, config, options);
      const { gate } = judged.evaluation;
      return {
        status: 'would_register' as const,
        model_status: gate.passed ? ('available' as const) : ('rejected' as const),
        model_name: command.modelName,
        ...findings(judged),
        gate,
      };
    });
  }

  private oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async judge(
    command: ImportCommand,
    config: RunConfig,
    options: ThreadTaskOptions,
  ): Promise<JudgedImport> {
    const started = this.clock.monotonicMs();
    const kind = detectModelFile(command.bytes, command.fileName);
    const model =
      kind === 'package'
        ? foreignFromPackage(await readForeignPackage(command.bytes))
        : foreignFromOnnx(command.bytes, command.featureSet, windowConfig(config.values.features));
    const origin = originOf(command, kind, model);
    const reference =
      command.evaluate === null ? null : await this.reference(model, command.evaluate, config, options);
    const evaluation =
      reference === null
        ? notEvaluated(model.offset)
        : await this.evaluation.evaluate(foreignEvaluationTask(model, reference, config), {
            signal: options.signal,
          });
    options.signal?.throwIfAborted();
    const durationSeconds = (this.clock.monotonicMs() - started) / 1000;
    return { model, origin, reference, evaluation, durationSeconds };
  }

  private async importNow(
    command: ImportCommand,
    config: RunConfig,
    actor: Actor,
    options: ThreadTaskOptions,
  ): Promise<ImportResult> {
    const judged = await this.judge(command, config, options);
    const registered = await this.registry.register(
      foreignVersion({ ...judged, modelName: command.modelName, origin: { ...judged.origin }, config }),
      config.values.storage.version_format,
      this.clock.nowMs(),
      { ...actor, reason: actor.reason ?? `import of ${command.fileName}` },
    );
    const { version, modelName, status, gate, artifacts } = registered.model;
    return {
      version,
      model_name: modelName,
      status,
      ...findings(judged),
      gate,
      artifacts,
      model_sha256: registered.modelSha256,
    };
  }

  /** Windows as the MODEL computes them, whatever is configured here. */
  private async reference(
    model: ForeignModel,
    selection: IngestSelection,
    config: RunConfig,
    options: ThreadTaskOptions,
  ): Promise<Reference> {
    const extraction = await this.features.extract(
      {
        files: selection.files,
        featureSet: model.set.name,
        state: model.state,
        window: windowConfigFromSpec(model.spec, config.values.features.window.max_windows),
        startMs: selection.startMs ?? null,
        endMs: selection.endMs ?? null,
        programs: selection.programs ?? null,
        noFollow: selection.noFollow ?? false,
      },
      options,
    );
    const { report, table } = extraction;
    if (!report.is_valid) {
      const lack = report.errors.every(({ code }) => code.startsWith('not_enough_'));
      throw new AppError(lack ? 'not_enough_data' : 'export_invalid', refusalText(report), {
        hint: 'The model cannot be judged on this export; nothing was imported.',
        details: { errors: report.errors, warnings: report.warnings, stats: report.stats },
      });
    }
    assertEnoughWindows(table, model.set);
    return referenceOf(model, extraction, config);
  }
}

function findings({ model, origin, reference, evaluation }: JudgedImport) {
  return {
    feature_set: model.set.name,
    feature_names: model.spec.features.map(({ name }) => name),
    imported_from: origin,
    evaluated: reference !== null,
    label_source: evaluation.label_source,
    metrics: { ...evaluation.basic_metrics },
    threshold: -model.offset,
    warnings: [
      'The hashes of a package prove that it is whole, not who made it.',
      ...(reference?.report.warnings.map(({ message }) => message) ?? []),
    ],
  };
}

function originOf(
  { bytes, fileName }: ImportCommand,
  kind: ModelFileKind,
  { facts }: ForeignModel,
): ImportOrigin {
  return {
    foreign: true,
    source_name: fileName.slice(0, 200),
    source_sha256: sha256Hex(bytes),
    source_format: kind,
    source_version: facts?.model_version ?? null,
    source_manifest: facts,
  };
}
