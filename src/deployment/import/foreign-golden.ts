import type { GoldenSample } from '../../registry/core/golden-sample.js';
import { archiveRefused } from './archive-entry.js';

const MAX_ROWS = 10_000;

/**
 * `golden.json` of a package, with every number checked: rows of the right length, one answer a row.
 *
 * @throws AppError `validation_failed` naming the first member that is wrong
 */
export function parseGoldenSample(value: unknown, columns: number): GoldenSample {
  const golden = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  const {
    X: rows,
    feature_names: names,
    labels,
    score_samples: scores,
    decision_function: decision,
  } = golden;
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > MAX_ROWS) {
    throw archiveRefused(`golden.json: X is no list of 1 to ${MAX_ROWS} rows`);
  }
  for (const [i, row] of rows.entries()) if (!isNumbers(row, columns)) fail(`X[${i}]`, columns);
  if (!Array.isArray(names) || names.length !== columns || !names.every((name) => typeof name === 'string')) {
    throw archiveRefused(`golden.json: feature_names is no list of ${columns} names`);
  }
  if (!isNumbers(scores, rows.length)) fail('score_samples', rows.length);
  if (!isNumbers(decision, rows.length)) fail('decision_function', rows.length);
  if (!isNumbers(labels, rows.length) || !labels.every((label) => label === 1 || label === -1)) {
    throw archiveRefused(`golden.json: labels is no list of ${rows.length} labels 1 or -1`);
  }
  return {
    feature_names: names,
    X: rows as number[][],
    labels: labels,
    score_samples: scores,
    decision_function: decision,
  };
}

function isNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((entry) => Number.isFinite(entry));
}

function fail(member: string, length: number): never {
  throw archiveRefused(`golden.json: ${member} is no list of ${length} numbers`);
}
