import type { GateContext } from './gate/gate-check.js';
import { INJECTED_KINDS } from './injection.js';
import type { Labelled } from './label-source.js';
import { takeRows } from './matrix-rows.js';
import { allFinite, rocAuc } from './metrics.js';
import { namedRng, randomRowNumbers } from './shuffle.js';

export interface FeatureImportance {
  readonly feature: string;
  /** Loss of AUC when the column is shuffled; near 0 or below = the ranking does not need it. */
  readonly importance: number;
}

export type ImportanceReport = Labelled<{
  readonly method: 'permutation';
  readonly baseline_auc: number;
  readonly rows: number;
  /** Highest first; equal ones in column order. */
  readonly features: readonly FeatureImportance[];
}>;

/** Share of the evaluated rows that are planted ones. */
const PLANTED_SHARE = 0.3;

/** A random part of the hold-out (label 0) and of each planted kind (label 1). */
function evaluationRows(
  { holdout, holdoutDevices = null, injected, injectedDevices, seed }: GateContext,
  maxRows: number,
): { values: Float32Array; rows: number; labels: Uint8Array; devices: Int32Array | null } {
  const perKind = Math.min(
    injected.rowsPerKind,
    Math.ceil((maxRows * PLANTED_SHARE) / INJECTED_KINDS.length),
  );
  const normalCount = Math.max(1, maxRows - perKind * INJECTED_KINDS.length);
  const rng = namedRng(seed, 'importance-rows');
  const normalRows = randomRowNumbers(holdout.rows, normalCount, rng);
  const normal = takeRows(holdout, normalRows);
  const plantedRows = INJECTED_KINDS.flatMap((_, kind) =>
    Array.from({ length: perKind }, (__, i) => kind * injected.rowsPerKind + i),
  );
  const planted = takeRows({ ...injected, columns: holdout.columns }, Int32Array.from(plantedRows));
  const values = new Float32Array(normal.values.length + planted.values.length);
  values.set(normal.values);
  values.set(planted.values, normal.values.length);
  const rows = normal.rows + planted.rows;
  const labels = new Uint8Array(rows).fill(1, normal.rows);
  if (holdoutDevices === null || injectedDevices === null) return { values, rows, labels, devices: null };
  const devices = new Int32Array(rows);
  devices.set(normalRows.map((row) => holdoutDevices[row]));
  devices.set(
    Int32Array.from(plantedRows, (row) => injectedDevices[row]),
    normal.rows,
  );
  return { values, rows, labels, devices };
}

/**
 * Permutation importance (Breiman 2001) on the hold-out: how much AUC on planted anomalies is lost when one column is
 * shuffled over all evaluated rows. One shuffle a column; each column has its own seed, so its number does not depend
 * on which others are computed.
 *
 * @param maxRows bound of the work: columns x maxRows rows are scored
 * @returns null when the model's scores are not finite
 */
export function permutationImportance(context: GateContext, maxRows: number): ImportanceReport | null {
  const { features, holdout, holdoutScores, score, seed } = context;
  if (!allFinite(holdoutScores)) return null;
  const { columns } = holdout;
  const { values, rows, labels, devices } = evaluationRows(context, maxRows);
  // score_samples is lower for anomalies: 1 - AUC of the raw scores is the AUC of the detector.
  const auc = (): number | null => {
    const raw = rocAuc(labels, score(values, rows, devices));
    return raw === null ? null : 1 - raw;
  };
  const baseline = auc();
  if (baseline === null) return null;
  const kept = new Float32Array(rows);
  const importances = features.map(({ name }, column): FeatureImportance => {
    for (let row = 0; row < rows; row++) kept[row] = values[row * columns + column];
    const order = randomRowNumbers(rows, rows, namedRng(seed, `importance-${name}`));
    for (let row = 0; row < rows; row++) values[row * columns + column] = kept[order[row]];
    const shuffled = auc();
    for (let row = 0; row < rows; row++) values[row * columns + column] = kept[row];
    return { feature: name, importance: shuffled === null ? 0 : baseline - shuffled };
  });
  return {
    label_source: 'injected',
    method: 'permutation',
    baseline_auc: baseline,
    rows,
    features: importances.sort((a, b) => b.importance - a.importance),
  };
}
