import { canonicalJson, sha256Hex } from '../../shared/digest.js';
import { AppError } from '../../shared/errors.js';
import { CATALOGUE_VERSION } from './feature-catalogue.js';
import { checkFeatureSpec } from './feature-spec-check.js';
import type { FeatureSpec } from './feature-spec-json.js';
import { featurePolicy } from './feature-policy.js';
import type { Preprocessing, PreprocessingOptions } from './preprocessing.js';
import type { ColumnSet } from './table-set.js';
import type { WindowConfig } from './window-table.js';

export interface FeatureSpecInput {
  readonly set: ColumnSet;
  readonly window: WindowConfig;
  readonly preprocessing: Preprocessing;
  readonly options: PreprocessingOptions;
  /** SHA-256 of the file with what the values depend on; absent: they depend on the records alone. */
  readonly stateSha256?: string;
}

export function buildFeatureSpec({
  set,
  window,
  preprocessing,
  options,
  stateSha256,
}: FeatureSpecInput): FeatureSpec {
  const isIdentity = set.preprocessing === 'identity';
  // With 'identity' nothing was fitted, whatever is configured.
  const applied: PreprocessingOptions = isIdentity ? { impute: 'none', clip: 'none' } : options;
  const content: Omit<FeatureSpec, 'hash'> = {
    feature_set: set.name,
    catalogue_version: CATALOGUE_VERSION,
    pooled: set.pooled,
    features: set.features.map((feature) => {
      const { name, kind, unit, definition, missing, rareEvent, clock, evidence, categories } = feature;
      return {
        name,
        kind,
        unit,
        definition,
        missing,
        rare_event: rareEvent,
        clock,
        ...featurePolicy(feature, applied),
        ...(evidence === null ? {} : { evidence }),
        ...(categories === undefined ? {} : { categories }),
      };
    }),
    window: {
      length_seconds: window.lengthSeconds,
      stride_seconds: window.strideSeconds,
      context_seconds: window.contextSeconds,
      group_by: window.groupBy,
      timezone: window.timezone,
    },
    ...(stateSha256 === undefined ? {} : { state_sha256: stateSha256 }),
    preprocessing: {
      kind: set.preprocessing,
      impute: applied.impute,
      clip: applied.clip,
      impute_values: Array.from(preprocessing.imputeValue, finiteOrNull),
      clip_low: Array.from(preprocessing.clipLow, finiteOrNull),
      clip_high: Array.from(preprocessing.clipHigh, finiteOrNull),
      scaler: {
        mean: Array.from(preprocessing.mean),
        variance: Array.from(preprocessing.variance),
        scale: Array.from(preprocessing.scale),
        samples_seen: preprocessing.samplesSeen,
      },
    },
  };
  return { ...content, hash: contentHash(content) };
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

function contentHash(content: Omit<FeatureSpec, 'hash'>): string {
  return sha256Hex(canonicalJson(content));
}

/**
 * A feature spec from parsed JSON, fully checked.
 *
 * @throws AppError `artifact_integrity` naming the field, or the hash when the content was changed after it was written
 */
export function parseFeatureSpec(json: unknown): FeatureSpec {
  const spec = checkFeatureSpec(json);
  const { hash, ...content } = spec;
  const actual = contentHash(content);
  if (actual !== hash) {
    throw new AppError(
      'artifact_integrity',
      `feature_spec.json: hash is ${hash}, but the content has ${actual}.`,
      {
        hint: 'The file was changed after training. Restore the version from a backup or train again.',
      },
    );
  }
  return spec;
}

export function preprocessingFromSpec({ preprocessing }: FeatureSpec): Preprocessing {
  const { impute_values, clip_low, clip_high, scaler } = preprocessing;
  return {
    imputeValue: Float64Array.from(impute_values, (value) => value ?? NaN),
    clipLow: Float64Array.from(clip_low, (bound) => bound ?? -Infinity),
    clipHigh: Float64Array.from(clip_high, (bound) => bound ?? Infinity),
    mean: Float64Array.from(scaler.mean),
    variance: Float64Array.from(scaler.variance),
    scale: Float64Array.from(scaler.scale),
    samplesSeen: scaler.samples_seen,
  };
}

/** What {@link buildFeatureSpec} was told, as far as the spec shows it: enough to build an equal one. */
export function preprocessingOptionsFromSpec({ preprocessing, features }: FeatureSpec): PreprocessingOptions {
  const own = features.map(({ name, impute = null, clip = null }) => [name, { impute, clip }] as const);
  return { impute: preprocessing.impute, clip: preprocessing.clip, overrides: Object.fromEntries(own) };
}

/**
 * Whether this program computes the columns of a spec, and they mean the same: the set has these features, in this
 * order, with these definitions. Another version of the catalogue is no obstacle while that holds.
 *
 * @throws AppError `config_invalid` naming the first column that differs
 */
export function assertComputable(
  { feature_set, catalogue_version, features }: FeatureSpec,
  set: ColumnSet,
  version: string,
): void {
  const length = Math.max(features.length, set.features.length);
  for (let column = 0; column < length; column++) {
    const theirs = features.at(column);
    const ours = set.features.at(column);
    if (theirs?.name === ours?.name && theirs?.definition === ours?.definition) continue;
    throw new AppError(
      'config_invalid',
      `Model ${version} was trained with the feature definitions ${catalogue_version} of the set "${feature_set}"; ` +
        `this program has the definitions ${CATALOGUE_VERSION}, and column ${column + 1} (` +
        `${theirs?.name ?? 'none'} in the model, ${ours?.name ?? 'none'} here) differs.`,
      {
        hint: 'Train a new version on a current export; the old one can be scored by the program that trained it.',
        details: { reason: 'other_definitions', catalogue_version, program: CATALOGUE_VERSION },
      },
    );
  }
}

/** The window grid of a spec, to extract rows for its model; `maxWindows` is a limit of the run, not of the model. */
export function windowConfigFromSpec({ window }: FeatureSpec, maxWindows: number): WindowConfig {
  return {
    lengthSeconds: window.length_seconds,
    strideSeconds: window.stride_seconds,
    contextSeconds: window.context_seconds,
    groupBy: window.group_by,
    timezone: window.timezone,
    maxWindows,
  };
}
