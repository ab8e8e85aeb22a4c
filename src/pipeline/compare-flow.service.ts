import { Injectable } from '@nestjs/common';
import type { ComparisonInput, ScoreComparison } from '../evaluation/core/comparison/compare-scores.js';
import type { EpisodeWindows } from '../evaluation/core/episodes.js';
import { injectAnomalies } from '../evaluation/core/injection.js';
import { namedRng } from '../evaluation/core/shuffle.js';
import { EvaluationService } from '../evaluation/evaluation.service.js';
import type { ThreadTaskOptions } from '../platform/compute/thread-task.js';
import { VERSION_FILES } from '../registry/core/version-files.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import { ModelLoaderService } from '../registry/model-loader.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { canonicalJson } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';
import { evidenceWarnings } from './holdout-evidence.js';
import { featureColumns } from './evaluation-task.js';
import { allRows, rowsOf } from './judgement.js';
import { ModelInputService, type JudgementInput, type ModelRows } from './model-input.service.js';
import { recordedComparison, type RecordedComparison, type StoredReport } from './recorded-comparison.js';
import { matchedRows } from './matched-rows.js';

export interface CompareCommand {
  readonly a: string;
  readonly b: string;
  /** null = only what is recorded with the versions. */
  readonly input: JudgementInput | null;
  readonly seed: number;
}

/** What `compare --json` prints and the API returns. */
export interface ComparisonResult {
  readonly a: string;
  readonly b: string;
  readonly same_features: boolean;
  /** From the reports of the two versions, each on its own held-out windows. */
  readonly recorded: RecordedComparison;
  /** On the same windows of the export; null without one. */
  readonly on_export: (ScoreComparison & ExportFacts) | null;
  readonly warnings: readonly string[];
}

interface ExportFacts {
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  /** Windows that only one of the two versions has; they are not compared. */
  readonly unmatched_windows: number;
}

const PLANTED_PER_KIND = 400;
const PLANT_STREAM = 'comparison';

/** Two versions side by side: what is recorded, and, with an export, what they say about the same windows. */
@Injectable()
export class CompareFlowService {
  constructor(
    private readonly loader: ModelLoaderService,
    private readonly registry: ModelRegistryService,
    private readonly input: ModelInputService,
    private readonly evaluation: EvaluationService,
  ) {}

  /** @throws AppError `not_found` for a version, `usage` when no window can be compared */
  async compare(command: CompareCommand, options: ThreadTaskOptions): Promise<ComparisonResult> {
    const [a, b] = [await this.loader.loadVersion(command.a), await this.loader.loadVersion(command.b)];
    const recorded = recordedComparison(await this.storedReport(a), await this.storedReport(b));
    const sameFeatures = featureKey(a) === featureKey(b);
    const result = { a: a.version, b: b.version, same_features: sameFeatures, recorded };
    if (command.input === null) return { ...result, on_export: null, warnings: [] };
    const rowsA = await this.input.read(a, command.input, options);
    const rowsB = sameFeatures ? rowsA : await this.input.read(b, command.input, options);
    const { input, unmatched } = comparisonInput(
      { model: a, rows: rowsA },
      { model: b, rows: rowsB },
      command,
    );
    const comparison = await this.evaluation.compare(input, { signal: options.signal });
    const files = rowsA.report.files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 }));
    return {
      ...result,
      on_export: { ...comparison, files, unmatched_windows: unmatched },
      warnings: [
        ...rowsA.report.warnings.map(({ message }) => message),
        ...evidenceWarnings(rowsA.evidence(allRows(rowsA.rowCount))),
        ...(sameFeatures
          ? []
          : ['The versions have different features: nothing can be planted that means the same to both.']),
      ],
    };
  }

  private async storedReport({ version }: LoadedModel): Promise<StoredReport> {
    const { lineage } = await this.registry.get(version);
    const { evaluation } = this.registry.store.readJson(version, VERSION_FILES.report) as StoredReport;
    return { version, evaluation, inputs: lineage.exports };
  }
}

/** Versions with one key take the same rows. What was fitted (imputation, clipping, scaling) is no part of it. */
function featureKey({ spec }: LoadedModel): string {
  const features = spec.features.map(({ name, definition }) => [name, definition]);
  return canonicalJson({ ...spec, features, preprocessing: null, hash: null });
}

interface Side {
  readonly model: LoadedModel;
  readonly rows: ModelRows;
}

function comparisonInput(
  a: Side,
  b: Side,
  { seed }: CompareCommand,
): { readonly input: ComparisonInput; readonly unmatched: number } {
  const windowsA = a.rows.evidence(allRows(a.rows.rowCount)).windows;
  const isShared = a.rows === b.rows;
  const windowsB = isShared ? windowsA : b.rows.evidence(allRows(b.rows.rowCount)).windows;
  const matched = isShared
    ? { a: allRows(a.rows.rowCount), b: allRows(a.rows.rowCount) }
    : matchedRows(windowsA, windowsB);
  if (matched.a.length === 0) throw nothingInCommon(a.model, b.model);
  const { windows, labels } = a.rows.evidence(matched.a);
  const planted = isShared ? plant(a, seed) : null;
  const scores = ({ model, rows }: Side, chosen: Int32Array): ComparisonInput['a'] => ({
    scores: humanScores(model, rowsOf(rows, chosen), rows.deviceNumbers(model, chosen), chosen.length),
    threshold: -model.offset,
    planted:
      planted &&
      humanScores(model, planted.values, rows.deviceNumbers(model, planted.sourceRow), planted.rows),
  });
  const total = (side: Side, all: EpisodeWindows | null): number => all?.startMs.length ?? side.rows.rowCount;
  return {
    input: {
      a: scores(a, matched.a),
      b: scores(b, matched.b),
      windows,
      labels,
      plantedFrom: planted && planted.sourceRow,
      seed,
    },
    unmatched: total(a, windowsA) + total(b, windowsB) - 2 * matched.a.length,
  };
}

function humanScores(
  model: LoadedModel,
  values: Float32Array,
  devices: Int32Array | null,
  rows: number,
): Float64Array {
  return model.scoreValues(values, rows, devices).map((score) => -score);
}

/** Anomalies planted once into the rows of the export, which both versions then score. */
function plant({ model, rows }: Side, seed: number): ReturnType<typeof injectAnomalies> {
  const columns = rows.featureNames.length;
  const filled = Float32Array.from(rows.values.subarray(0, rows.rowCount * columns));
  const { imputeValue } = model.preprocessing;
  for (let i = 0; i < filled.length; i++) if (Number.isNaN(filled[i])) filled[i] = imputeValue[i % columns];
  const perturb = Uint8Array.from(featureColumns(rows.set, ['isolation_forest']), ({ clock, categorical }) =>
    clock || categorical ? 0 : 1,
  );
  return injectAnomalies(filled, rows.rowCount, columns, {
    rowsPerKind: PLANTED_PER_KIND,
    perturb,
    rng: namedRng(seed, PLANT_STREAM),
  });
}

function nothingInCommon(a: LoadedModel, b: LoadedModel): AppError {
  return new AppError(
    'usage',
    `Versions ${a.version} and ${b.version} have no window in common: one counts in windows of ${a.spec.window.length_seconds} s ` +
      `(${a.spec.feature_set}), the other of ${b.spec.window.length_seconds} s (${b.spec.feature_set}).`,
    { hint: 'Without an export the recorded reports are compared.' },
  );
}
