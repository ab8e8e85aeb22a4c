import { AppError, type ErrorCode } from '../../shared/errors.js';
import type { FeatureDefinition } from './feature-catalogue.js';
import type { FeaturePolicy, FeatureValues, Preprocessing, PreprocessingOptions } from './preprocessing.js';

/** What the fit has to know of a column. */
export type ColumnTraits = Pick<FeatureDefinition, 'name' | 'kind' | 'rareEvent'>;

/**
 * What is done to one column: its own entry of `features.overrides`, else what is set for all.
 *
 * Without an entry of its own a rare event, a category or a flag is not clipped: a quantile bound lies at "nothing
 * happened" for something that happens in fewer than one window of a thousand, and would erase exactly the windows
 * worth finding.
 *
 * @throws AppError `config_invalid` when a category or a flag is to be clipped or filled with a mean, which would make
 *   codes that stand for nothing
 */
export function featurePolicy(
  { name, kind, rareEvent }: ColumnTraits,
  options: PreprocessingOptions,
): FeaturePolicy {
  const { overrides = {} } = options;
  const own = Object.hasOwn(overrides, name) ? overrides[name] : undefined;
  const isCode = kind === 'categorical' || kind === 'flag';
  if (isCode && (own?.clip === 'quantiles' || own?.impute === 'mean')) {
    const [key, value] = own.clip === 'quantiles' ? ['clip', 'quantiles'] : ['impute', 'mean'];
    throw new AppError(
      'config_invalid',
      `features.overrides.${name}.${key} is "${value}", but "${name}" holds codes (kind ${kind}), not amounts.`,
      { hint: 'Use impute: median or none, and clip: none, for this feature.' },
    );
  }
  return {
    impute: own?.impute ?? options.impute,
    clip: own?.clip ?? (isCode || rareEvent ? 'none' : options.clip),
  };
}

/**
 * Checks rows after imputation: a value is missing there only where the policy of its feature is `impute: none`, and a
 * forest cannot answer for such a row.
 *
 * @param values rows x columns, row-major, after `imputeAndClip`
 * @param windows names the rows in the message: "test windows"
 * @throws AppError with the code `code`, naming the first such feature and the number of rows
 */
export function assertNothingMissing(
  values: FeatureValues,
  rows: number,
  names: readonly string[],
  { imputeValue }: Preprocessing,
  { code, windows }: { readonly code: ErrorCode; readonly windows: string },
): void {
  const columns = names.length;
  for (let column = 0; column < columns; column++) {
    if (!Number.isNaN(imputeValue[column])) continue;
    let missing = 0;
    for (let row = 0, at = column; row < rows; row++, at += columns) if (Number.isNaN(values[at])) missing++;
    if (missing > 0) throw missingValue(code, names[column], missing, rows, windows);
  }
}

export function missingValue(
  code: ErrorCode,
  name: string,
  missing: number,
  rows: number,
  windows: string,
): AppError {
  return new AppError(
    code,
    `"${name}" is missing in ${missing} of ${rows} ${windows}, and its policy is impute: none.`,
    {
      hint: `Train with features.overrides.${name}.impute (or features.impute) "median" or "mean": an Isolation Forest cannot take a missing value.`,
    },
  );
}
