import type { EvaluationReport } from '../../../evaluation/core/evaluation-report.js';
import type { ValidationReport } from '../../../export/core/validation-report.js';
import type { TableReport } from '../../../features/core/table-report.js';
import type { FeatureSpec } from '../../../features/core/feature-spec-json.js';
import type { ModelMetadataInput } from '../model-metadata.js';

/** A report as it may be found: imported models were not evaluated, older reports lack what came later. */
export type Loose<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Loose<Item>[]
    : { readonly [Key in keyof T]?: Loose<T[Key]> | null };

export type LooseEvaluation = Loose<EvaluationReport>;

/** What the card is made of: nothing in it depends on when or where it is written, but `metadata.createdAt`. */
export interface CardInput {
  readonly metadata: Omit<
    ModelMetadataInput,
    'evaluation' | 'trainingDurationSeconds' | 'peakMemoryBytes' | 'trainingId'
  >;
  readonly evaluation: LooseEvaluation;
  readonly spec: FeatureSpec;
  readonly validation: Loose<ValidationReport | TableReport>;
  /** score_samples of training windows (negative; lower = more anomalous). */
  readonly trainScores: Float64Array;
  /** File -> SHA-256 of the files beside the card that do not name it. */
  readonly hashes: Readonly<Record<string, string>>;
}

const DASH = '-';

/** At most `digits` digits after the point; a dash for what is not known. */
export function fixed(value: number | null | undefined, digits = 3): string {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits) : DASH;
}

export function percent(value: number | null | undefined, digits = 1): string {
  return typeof value === 'number' && Number.isFinite(value) ? `${(100 * value).toFixed(digits)} %` : DASH;
}

/** With a comma every three digits, whatever the locale of the machine. */
export function whole(value: number | null | undefined): string {
  if (typeof value !== 'number') return DASH;
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Three digits that matter. */
export function short(value: number | null | undefined): string {
  return typeof value === 'number' && Number.isFinite(value) ? String(Number(value.toPrecision(3))) : DASH;
}

/** An RFC 3339 moment for people, in UTC. */
export function moment(text: string | null | undefined): string {
  return text == null ? DASH : text.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z$/, '$1 $2 UTC');
}

/** A length of time in the unit that reads best. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${short(seconds)} s`;
  if (seconds < 2 * 3600) return `${short(seconds / 60)} min`;
  return seconds < 2 * 86_400 ? `${short(seconds / 3600)} h` : `${short(seconds / 86_400)} days`;
}

const SOURCES: Readonly<Record<string, string>> = {
  ground_truth: 'labels that were given',
  feedback: 'marks of an operator',
  injected: 'planted anomalies',
  none: 'no labels needed',
};

/** The source of a figure, in its own word and in plain ones. */
export function sourceText(source: string | null | undefined): string {
  if (source == null) return 'source not recorded';
  return `${source}${Object.hasOwn(SOURCES, source) ? `: ${SOURCES[source]}` : ''}`;
}
