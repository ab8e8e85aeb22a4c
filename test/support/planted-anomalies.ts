import { averageRanks } from '../../src/shared/stats.js';
import { createRng, nextFloat } from '../../src/shared/rng.js';

export interface LabelledRows {
  readonly x: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly isAnomaly: Uint8Array;
}

/** Gaussian rows with different column scales; every 50th row is an anomaly, moved by 2.5 deviations in two columns. */
export function plantedAnomalies(seed: number, rows = 2000, columns = 8): LabelledRows {
  const rng = createRng(seed);
  const gaussian = (): number =>
    Math.sqrt(-2 * Math.log(1 - nextFloat(rng))) * Math.cos(2 * Math.PI * nextFloat(rng));
  const x = new Float32Array(rows * columns);
  const isAnomaly = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    isAnomaly[row] = row % 50 === 49 ? 1 : 0;
    for (let c = 0; c < columns; c++) {
      const shift = isAnomaly[row] === 1 && (c === row % columns || c === (row * 3 + 1) % columns) ? 2.5 : 0;
      x[row * columns + c] = (gaussian() + shift) * 10 ** (c % 4) + 5 * c;
    }
  }
  return { x, rows, columns, isAnomaly };
}

/** Area under the ROC curve of "low score = anomaly", ties counted half (Mann-Whitney). */
export function rocAuc(scores: Float64Array, isAnomaly: Uint8Array): number {
  const ranks = averageRanks(scores.map((score) => -score));
  let positives = 0;
  let rankSum = 0;
  isAnomaly.forEach((label, i) => {
    positives += label;
    rankSum += label * ranks[i];
  });
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (isAnomaly.length - positives));
}
