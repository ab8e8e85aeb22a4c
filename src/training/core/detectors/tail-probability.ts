import { percentileSorted } from '../../../shared/stats.js';
import type { ColumnFamilies, Detector, DetectorFit, DetectorModel } from './detector.js';
import { rowsOfGroup } from './group-rows.js';
import { makeBlocks, raiseToBlockSurprise, sortColumn, type SortedColumn } from './tail-blocks.js';
import {
  findTableDamage,
  joinTables,
  surpriseOf,
  tailTable,
  type TailTable,
  type TailTables,
} from './tail-tables.js';

/** Table of the i-th used column under group g: number g x used columns + i. */
export interface TailModel extends TailTables {
  /** Used columns, family by family. */
  readonly columns: Int32Array;
  /** Family -> first entry of `columns`; length families + 1. */
  readonly families: Int32Array;
  readonly tau: number;
}

/** Breaks ties between rows whose evidence is all below tau. */
export const TIE_WEIGHT = 0.001;
/** The alert line of a group with hardly a row; everywhere else it is far above. */
const LOWEST_ALERT_LINE = 0.1;

/**
 * Tail probabilities (the family of ECOD: Li et al. 2022), one empirical distribution a column and device. Columns of
 * one family are about the same trouble, so only the most surprising one counts: T_g = max -ln P(X >= v). The raw score is
 * sum over the families of max(0, T_g - tau), plus a thousandth of the highest T_g: a soft version of the truncated product
 * method (Zaykin et al. 2002), in which a value that one row in seven reaches (tau = 2) is no evidence.
 *
 * The rows it learns from hold trouble themselves. So each stretch of days is first judged by the others, the most unusual
 * rows (`trim`) of each device are left out, and the tails are fitted again on the rest.
 *
 * An alert needs `margin` times the evidence that one value never seen in training can give:
 * s > ln(n + 1) - tau + ln margin, for n kept rows. That line has the score 0.5; no label and no quantile goes into it.
 */
export const tailProbability: Detector = {
  type: 'tail_probability',
  comparable: true,

  fit: (input) => {
    const { groupCount, params, rows, families } = input;
    const { columns, starts } = usedColumns(families);
    const raw = new Float64Array(rows);
    const scale = new Float64Array(groupCount);
    const tables: TailTable[] = [];
    for (let group = 0; group < groupCount; group++) {
      const picked = rowsOfGroup(input, group);
      const fitted = fitGroup(input, picked, columns, starts);
      tables.push(...fitted.tables);
      const line = Math.log(fitted.keptRows + 1) - params.tail.tau + Math.log(params.tail.margin);
      scale[group] = Math.max(LOWEST_ALERT_LINE, line);
      picked.forEach((row, i) => {
        if (input.groups[row] === group) raw[row] = fitted.scores[i];
      });
    }
    const tail: TailModel = { ...joinTables(tables), columns, families: starts, tau: params.tail.tau };
    const model = { ...tail };
    const served = new Float64Array(rows);
    tailProbability.score(model, input, served, input.tools);
    return { model, raw, served, scale };
  },

  score: (model, { raw: values, rows, columns: width, groups }, out) => {
    const tail = asTail(model);
    const { columns, families, tau } = tail;
    for (let row = 0; row < rows; row++) {
      const table = groups[row] * columns.length;
      let sum = 0;
      let highest = 0;
      for (let family = 0; family + 1 < families.length; family++) {
        let surprise = 0;
        for (let i = families[family]; i < families[family + 1]; i++) {
          surprise = Math.max(surprise, surpriseOf(tail, table + i, values[row * width + columns[i]]));
        }
        if (surprise > tau) sum += surprise - tau;
        if (surprise > highest) highest = surprise;
      }
      out[row] = sum + TIE_WEIGHT * highest;
    }
  },

  /** The most surprising column of a family has its evidence, the most surprising of all the small last term too. */
  explain: (model, { raw: values, columns: width, groups }) => {
    const tail = asTail(model);
    const { columns, families, tau } = tail;
    const contributions = new Float64Array(width);
    let most = { surprise: -1, column: 0 };
    for (let family = 0; family + 1 < families.length; family++) {
      let best = { surprise: -1, column: 0 };
      for (let i = families[family]; i < families[family + 1]; i++) {
        const column = columns[i];
        const surprise = surpriseOf(tail, groups[0] * columns.length + i, values[column]);
        if (surprise > best.surprise) best = { surprise, column };
      }
      if (best.surprise > tau) contributions[best.column] += best.surprise - tau;
      if (best.surprise > most.surprise) most = best;
    }
    contributions[most.column] += TIE_WEIGHT * most.surprise;
    return contributions;
  },

  findDamage: (model, shape) => {
    const { columns, families, tau, start, thresholds, values, top } = asTail(model);
    if (!(columns instanceof Int32Array && families instanceof Int32Array)) return 'it names no columns';
    if (!columns.every((column) => column >= 0 && column < shape.columns))
      return 'it uses a column that is not there';
    const ordered = families.every((first, i) => first === 0 || first > families[i - 1]);
    const whole = families[0] === 0 && families[families.length - 1] === columns.length;
    if (!ordered || !whole || columns.length === 0) return 'its families are not in order';
    if (!(tau >= 0 && tau < Infinity)) return `its tau is ${tau}`;
    return findTableDamage({ start, thresholds, values, top }, shape.groupCount * columns.length);
  },
};

const asTail = (model: DetectorModel): TailModel => model as unknown as TailModel;

function usedColumns({ familyOfColumn, familyCount }: ColumnFamilies): {
  columns: Int32Array;
  starts: Int32Array;
} {
  const columns: number[] = [];
  const starts = [0];
  for (let family = 0; family < familyCount; family++) {
    familyOfColumn.forEach((of, column) => {
      if (of === family) columns.push(column);
    });
    starts.push(columns.length);
  }
  return { columns: Int32Array.from(columns), starts: Int32Array.from(starts) };
}

interface GroupFit {
  readonly tables: TailTable[];
  readonly keptRows: number;
  /** Raw score of each row by the kept rows of the other blocks. */
  readonly scores: Float64Array;
}

function fitGroup(
  { raw, columns: width, params: { tail }, families: { twoSided } }: DetectorFit,
  picked: Int32Array,
  columns: Int32Array,
  starts: Int32Array,
): GroupFit {
  const sorted = Array.from(columns, (column) => {
    const values = new Float32Array(picked.length);
    for (let i = 0; i < picked.length; i++) values[i] = raw[picked[i] * width + column];
    return sortColumn(values);
  });
  const keep = new Uint8Array(picked.length).fill(1);
  const first = blockScores(sorted, starts, keep, tail, twoSided);
  const limit = percentileSorted(first.slice().sort(), 100 * (1 - tail.trim));
  for (let row = 0; row < keep.length; row++) keep[row] = first[row] > limit ? 0 : 1;
  const keptRows = keep.reduce((sum, one) => sum + one, 0);
  const tables = sorted.map(({ values, order }) => {
    const kept = new Float32Array(keptRows);
    let count = 0;
    for (const row of order) if (keep[row] === 1) kept[count++] = values[row];
    return tailTable(kept, twoSided);
  });
  return { tables, keptRows, scores: blockScores(sorted, starts, keep, tail, twoSided) };
}

/** Raw scores of the rows of a group, each by the kept rows of the other blocks. */
function blockScores(
  sorted: readonly SortedColumn[],
  starts: Int32Array,
  keep: Uint8Array,
  { tau, blocks: blockCount }: DetectorFit['params']['tail'],
  twoSided: boolean,
): Float64Array {
  const rows = keep.length;
  const blocks = makeBlocks(keep, Math.max(1, Math.min(blockCount, rows)));
  const sum = new Float64Array(rows);
  const highest = new Float64Array(rows);
  for (let family = 0; family + 1 < starts.length; family++) {
    const surprise = new Float64Array(rows);
    for (const column of sorted.slice(starts[family], starts[family + 1])) {
      raiseToBlockSurprise(column, keep, blocks, twoSided, surprise);
    }
    for (let row = 0; row < rows; row++) {
      if (surprise[row] > tau) sum[row] += surprise[row] - tau;
      if (surprise[row] > highest[row]) highest[row] = surprise[row];
    }
  }
  return sum.map((value, row) => value + TIE_WEIGHT * highest[row]);
}
