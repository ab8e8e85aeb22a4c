import type { GateInput, Matrix } from './gate/gate-check.js';
import { namedRng, randomRowNumbers } from './shuffle.js';

export function takeRows({ values, columns }: Matrix, rowNumbers: Int32Array): Matrix {
  const out = new Float32Array(rowNumbers.length * columns);
  for (let i = 0; i < rowNumbers.length; i++) {
    const from = rowNumbers[i] * columns;
    out.set(values.subarray(from, from + columns), i * columns);
  }
  return { values: out, rows: rowNumbers.length, columns };
}

/** At most `count` rows, drawn with the seed; the matrix itself when it is small enough. */
export function sampleRows(matrix: Matrix, count: number, seed: number): Matrix {
  if (matrix.rows <= count) return matrix;
  return takeRows(matrix, randomRowNumbers(matrix.rows, count, namedRng(seed, 'rows')));
}

/** The named columns of every row, row-major. */
export function pickColumns({ values, rows, columns }: Matrix, picked: Int32Array): Float32Array {
  const out = new Float32Array(rows * picked.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < picked.length; i++) out[row * picked.length + i] = values[row * columns + picked[i]];
  }
  return out;
}

export function isConstantColumn({ values, rows, columns }: Matrix, column: number): boolean {
  for (let row = 1; row < rows; row++) if (values[row * columns + column] !== values[column]) return false;
  return true;
}

/** Column -> the value it has in every training row, NaN when it varies or the rows are not known. */
export function trainingConstants({
  train,
  trainConstants,
  features,
}: Pick<GateInput, 'train' | 'trainConstants' | 'features'>): Float64Array {
  if (train === null) return trainConstants ?? new Float64Array(features.length).fill(Number.NaN);
  return Float64Array.from(features, (_, column) =>
    isConstantColumn(train, column) ? train.values[column] : Number.NaN,
  );
}

/** Rows that differ in at least one value. */
export function countDistinctRows({ values, rows, columns }: Matrix): number {
  const seen = new Set<string>();
  for (let row = 0; row < rows; row++) seen.add(values.subarray(row * columns, (row + 1) * columns).join());
  return seen.size;
}
