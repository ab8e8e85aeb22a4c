import { createRng, hashSeed, sampleWithoutReplacement } from '../../../shared/rng.js';
import type { Detector, DetectorModel, DetectorRows } from './detector.js';

export interface LofModel {
  readonly neighbours: number;
  /** References x columns, scaled. */
  readonly rows: Float32Array;
  /** Reference -> distance to its k-th neighbour among the others. */
  readonly reach: Float64Array;
  /** Reference -> local reachability density. */
  readonly density: Float64Array;
}

const STREAM = 0x6c6f6630;
/** scikit-learn's guard for rows that all lie on one spot. */
export const SMALLEST_DISTANCE = 1e-10;

/**
 * Local outlier factor (Breunig, Kriegel, Ng, Sander 2000) of new rows, `LocalOutlierFactor(novelty=True)`: how much thinner
 * the neighbourhood of a row is than those of its neighbours. 1 = as dense, higher = more anomalous.
 *
 * Memory and time are bounded by comparing with a sample of the training rows, drawn with the seed. Training rows
 * of the sample are scored without themselves (scikit-learn's negative_outlier_factor_).
 */
export const localOutlierFactor: Detector = {
  type: 'local_outlier_factor',
  comparable: false,

  fit: ({ x, rows, columns, params, seed, groups, raw: values, tools }) => {
    const count = Math.min(rows, params.referenceRows);
    const picked = new Int32Array(count);
    sampleWithoutReplacement(createRng(hashSeed(seed, STREAM)), rows, picked);
    picked.sort();
    const references = new Float32Array(count * columns);
    picked.forEach((row, i) => {
      references.set(x.subarray(row * columns, (row + 1) * columns), i * columns);
    });
    const { lof, own } = fitReferences(references, count, columns, Math.min(params.neighbours, count - 1));
    const model = { ...lof };
    const served = new Float64Array(rows);
    localOutlierFactor.score(model, { x, raw: values, rows, columns, groups }, served, tools);
    const raw = served.slice();
    picked.forEach((row, i) => {
      raw[row] = own[i];
    });
    return { model, raw, served };
  },

  score: (model, { x, rows, columns }, out) => {
    const lof = asLof(model);
    const nearest = new Nearest(lof.neighbours);
    for (let row = 0; row < rows; row++) {
      nearest.find(x, row, lof.rows, lof.reach.length, columns, -1);
      out[row] = factor(lof, nearest);
    }
  },

  /**
   * The factor is the mean density of the neighbours times the mean reachability distance to them. Each distance is shared
   * out by the squared differences of the columns; equally where there is none.
   */
  explain: (model, { x, columns }: DetectorRows) => {
    const lof = asLof(model);
    const nearest = new Nearest(lof.neighbours);
    nearest.find(x, 0, lof.rows, lof.reach.length, columns, -1);
    const shares = new Float64Array(columns);
    let distances = 0;
    for (let i = 0; i < lof.neighbours; i++) {
      const reference = nearest.index[i];
      const distance = Math.max(Math.sqrt(nearest.squared[i]), lof.reach[reference]);
      distances += distance;
      for (let c = 0; c < columns; c++) {
        const difference = x[c] - lof.rows[reference * columns + c];
        const share = nearest.squared[i] > 0 ? difference ** 2 / nearest.squared[i] : 1 / columns;
        shares[c] += distance * share;
      }
    }
    const value = factor(lof, nearest);
    return shares.map((share) => (distances > 0 ? (value * share) / distances : value / columns));
  },

  findDamage: (model, { columns }) => {
    const { neighbours, rows, reach, density } = asLof(model);
    const typed =
      rows instanceof Float32Array && reach instanceof Float64Array && density instanceof Float64Array;
    if (!typed || rows.length !== reach.length * columns || density.length !== reach.length) {
      return 'its references do not have their sizes';
    }
    const enough = Number.isInteger(neighbours) && neighbours >= 1 && neighbours <= reach.length;
    if (!enough) return `it has ${reach.length} references for ${neighbours} neighbours`;
    return rows.every(Number.isFinite) && density.every(Number.isFinite)
      ? undefined
      : 'a reference is not a number';
  },
};

const asLof = (model: DetectorModel): LofModel => model as unknown as LofModel;

/** Mean density of the neighbours over the row's own. */
function factor({ neighbours, reach, density }: LofModel, { index, squared }: Nearest): number {
  let distances = 0;
  let densities = 0;
  for (let i = 0; i < neighbours; i++) {
    distances += Math.max(Math.sqrt(squared[i]), reach[index[i]]);
    densities += density[index[i]];
  }
  return (densities / neighbours) * (distances / neighbours + SMALLEST_DISTANCE);
}

function fitReferences(
  rows: Float32Array,
  count: number,
  columns: number,
  neighbours: number,
): { lof: LofModel; own: Float64Array } {
  const k = Math.max(1, neighbours);
  const indices = new Int32Array(count * k);
  const distances = new Float64Array(count * k);
  const reach = new Float64Array(count);
  const nearest = new Nearest(k);
  for (let row = 0; row < count; row++) {
    nearest.find(rows, row, rows, count, columns, count > 1 ? row : -1);
    indices.set(nearest.index, row * k);
    distances.set(nearest.squared.map(Math.sqrt), row * k);
    reach[row] = distances[row * k + k - 1];
  }
  const density = reach.map((_, row) => {
    let sum = 0;
    for (let i = row * k; i < (row + 1) * k; i++) sum += Math.max(distances[i], reach[indices[i]]);
    return 1 / (sum / k + SMALLEST_DISTANCE);
  });
  const own = density.map((mine, row) => {
    let sum = 0;
    for (let i = row * k; i < (row + 1) * k; i++) sum += density[indices[i]];
    return sum / k / mine;
  });
  return { lof: { neighbours: k, rows, reach, density }, own };
}

/** The k nearest of some rows, nearest first; equally near ones in their order. */
class Nearest {
  readonly index: Int32Array;
  readonly squared: Float64Array;

  constructor(private readonly k: number) {
    this.index = new Int32Array(k);
    this.squared = new Float64Array(k);
  }

  /** @param except row of `among` that does not count; -1 = all do */
  find(
    x: Float32Array,
    row: number,
    among: Float32Array,
    count: number,
    columns: number,
    except: number,
  ): void {
    const { k, index, squared } = this;
    squared.fill(Infinity);
    for (let other = 0, at = 0; other < count; other++, at += columns) {
      if (other === except) continue;
      const limit = squared[k - 1];
      let sum = 0;
      for (let c = 0, from = row * columns; c < columns && sum < limit; c++, from++) {
        const difference = x[from] - among[at + c];
        sum += difference * difference;
      }
      if (sum >= limit) continue;
      let place = k - 1;
      for (; place > 0 && squared[place - 1] > sum; place--) {
        squared[place] = squared[place - 1];
        index[place] = index[place - 1];
      }
      squared[place] = sum;
      index[place] = other;
    }
  }
}
