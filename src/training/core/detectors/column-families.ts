import type { ColumnFamilies, DetectorType } from './detector.js';

/** What the catalogue says about a column, as far as it matters here. */
export interface ColumnTraits {
  readonly kind: string;
  readonly clock: boolean;
  /** Columns of one name are about the same kind of trouble; null or absent = no evidence of any. */
  readonly evidence?: string | null;
}

/**
 * Columns that carry evidence, by their group, when there are any. Otherwise every column but clock and codes, each for
 * itself and in both directions: of a feature table nobody knows which way trouble lies.
 */
export function columnFamilies(columns: readonly ColumnTraits[]): ColumnFamilies {
  const groups = columns.map(({ evidence }) => evidence ?? null);
  const names = [...new Set(groups.filter((name) => name !== null))];
  if (names.length > 0) {
    const familyOfColumn = Int32Array.from(groups, (name) => (name === null ? -1 : names.indexOf(name)));
    return { familyOfColumn, familyCount: names.length, twoSided: false };
  }
  const usable = columns.map(({ kind, clock }) => !clock && kind !== 'categorical');
  const all = !usable.includes(true);
  let familyCount = 0;
  const familyOfColumn = Int32Array.from(usable, (use) => (use || all ? familyCount++ : -1));
  return { familyOfColumn, familyCount, twoSided: true };
}

/** Column -> whether a model of these detectors reads it. Tails read what carries evidence; all others read everything. */
export function readColumns(
  detectors: readonly DetectorType[],
  columns: readonly ColumnTraits[],
): readonly boolean[] {
  if (!detectors.every((type) => type === 'tail_probability')) return columns.map(() => true);
  return Array.from(columnFamilies(columns).familyOfColumn, (family) => family >= 0);
}
