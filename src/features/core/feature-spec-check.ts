import { AppError } from '../../shared/errors.js';
import { EVIDENCE_GROUPS, type FeatureKind } from './feature-catalogue.js';
import type { FeatureSpec, FeatureSpecEntry } from './feature-spec-json.js';

const KINDS: readonly FeatureKind[] = ['count', 'ratio', 'measure', 'categorical', 'flag'];
const IMPUTE = ['median', 'mean', 'none'] as const;
const CLIP = ['quantiles', 'none'] as const;

function fail(field: string, expected: string): never {
  throw new AppError('artifact_integrity', `feature_spec.json: "${field}" is not ${expected}.`, {
    hint: 'Restore the version from a backup or train again.',
  });
}

function object(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(field, 'an object');
  return value as Record<string, unknown>;
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') fail(field, 'a non-empty text');
  return value;
}

function flag(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') fail(field, 'true or false');
  return value;
}

function wholeNumber(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    fail(field, 'a whole number of 0 or more');
  return value;
}

function oneOf<Choice extends string>(value: unknown, choices: readonly Choice[], field: string): Choice {
  const found = choices.find((choice) => choice === value);
  return found ?? fail(field, `one of: ${choices.join(', ')}`);
}

const finite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** One number a feature. */
function numbers(value: unknown, length: number, field: string): number[] {
  if (!Array.isArray(value) || value.length !== length || !value.every(finite))
    fail(field, `a list of ${length} numbers`);
  return value;
}

function numbersOrNulls(value: unknown, length: number, field: string): (number | null)[] {
  const isNumberOrNull = (item: unknown): item is number | null => item === null || finite(item);
  if (!Array.isArray(value) || value.length !== length || !value.every(isNumberOrNull)) {
    fail(field, `a list of ${length} numbers or nulls`);
  }
  return value;
}

function entry(value: unknown, field: string): FeatureSpecEntry {
  const item = object(value, field);
  const checked = {
    name: text(item.name, `${field}.name`),
    kind: oneOf(item.kind, KINDS, `${field}.kind`),
    unit: text(item.unit, `${field}.unit`),
    definition: text(item.definition, `${field}.definition`),
    missing: oneOf(item.missing, ['zero', 'nan'], `${field}.missing`),
    rare_event: flag(item.rare_event, `${field}.rare_event`),
    clock: flag(item.clock, `${field}.clock`),
    ...policy(item, field),
    ...(item.evidence === undefined
      ? {}
      : { evidence: oneOf(item.evidence, EVIDENCE_GROUPS, `${field}.evidence`) }),
  };
  if (item.categories === undefined) return checked;
  const codes = Object.entries(object(item.categories, `${field}.categories`)).map(
    ([name, code]) => [name, wholeNumber(code, `${field}.categories.${name}`)] as const,
  );
  return { ...checked, categories: Object.fromEntries(codes) };
}

function policy(item: Record<string, unknown>, field: string): Pick<FeatureSpecEntry, 'impute' | 'clip'> {
  if (item.impute === undefined && item.clip === undefined) return {};
  return {
    impute: oneOf(item.impute, IMPUTE, `${field}.impute`),
    clip: oneOf(item.clip, CLIP, `${field}.clip`),
  };
}

function features(value: unknown): FeatureSpecEntry[] {
  if (!Array.isArray(value) || value.length === 0) fail('features', 'a non-empty list');
  const entries = value.map((item, index) => entry(item, `features[${index}]`));
  const names = new Set<string>();
  entries.forEach(({ name }, index) => {
    if (names.has(name)) fail(`features[${index}].name`, 'unique');
    names.add(name);
  });
  return entries;
}

function window(value: unknown): FeatureSpec['window'] {
  const item = object(value, 'window');
  return {
    length_seconds: wholeNumber(item.length_seconds, 'window.length_seconds'),
    stride_seconds: wholeNumber(item.stride_seconds, 'window.stride_seconds'),
    context_seconds: wholeNumber(item.context_seconds, 'window.context_seconds'),
    group_by: oneOf(item.group_by, ['device', 'all'], 'window.group_by'),
    timezone: text(item.timezone, 'window.timezone'),
  };
}

function preprocessing(value: unknown, columns: number): FeatureSpec['preprocessing'] {
  const item = object(value, 'preprocessing');
  const scaler = object(item.scaler, 'preprocessing.scaler');
  const scale = numbers(scaler.scale, columns, 'preprocessing.scaler.scale');
  if (!scale.every((factor) => factor > 0)) fail('preprocessing.scaler.scale', 'a list of positive numbers');
  return {
    kind: oneOf(item.kind, ['standard', 'identity'], 'preprocessing.kind'),
    impute: oneOf(item.impute, IMPUTE, 'preprocessing.impute'),
    clip: oneOf(item.clip, CLIP, 'preprocessing.clip'),
    impute_values: numbersOrNulls(item.impute_values, columns, 'preprocessing.impute_values'),
    clip_low: numbersOrNulls(item.clip_low, columns, 'preprocessing.clip_low'),
    clip_high: numbersOrNulls(item.clip_high, columns, 'preprocessing.clip_high'),
    scaler: {
      mean: numbers(scaler.mean, columns, 'preprocessing.scaler.mean'),
      variance: numbers(scaler.variance, columns, 'preprocessing.scaler.variance'),
      scale,
      samples_seen: wholeNumber(scaler.samples_seen, 'preprocessing.scaler.samples_seen'),
    },
  };
}

/**
 * Checks the shape of a feature spec; unknown fields are left out, so that they cannot be trusted by accident.
 *
 * @throws AppError `artifact_integrity` naming the first field that is wrong
 */
export function checkFeatureSpec(json: unknown): FeatureSpec {
  const spec = object(json, 'feature_spec');
  const entries = features(spec.features);
  return {
    feature_set: text(spec.feature_set, 'feature_set'),
    catalogue_version: text(spec.catalogue_version, 'catalogue_version'),
    pooled: flag(spec.pooled, 'pooled'),
    features: entries,
    window: window(spec.window),
    ...(spec.state_sha256 === undefined ? {} : { state_sha256: text(spec.state_sha256, 'state_sha256') }),
    preprocessing: preprocessing(spec.preprocessing, entries.length),
    hash: text(spec.hash, 'hash'),
  };
}
