import type { Detector, DetectorFit, DetectorModel, DetectorShape } from './detector.js';
import { rowsOfGroup } from './group-rows.js';
import {
  findTableDamage,
  joinTables,
  surpriseOf,
  tailTable,
  type TailTable,
  type TailTables,
} from './tail-tables.js';

/** Table of column c under group g: number g x columns + c. */
interface TailModel extends TailTables {
  readonly columns: number;
  /** How many surprises are added up. */
  readonly largest: number;
}

/**
 * Empirical tail probabilities (the family of ECOD: Li, Zhao, Hu, Botta, Ionescu, Chen 2022): each column on its own
 * says how far out a value lies among the rows of its device, as -log P; a row's raw score is the sum of the largest of
 * these. A few columns far out weigh more than many that are a little unusual, which is what an attack looks like.
 *
 * The distributions are the device's own, so raw scores compare across devices. Cost: one sort a column and group, one
 * binary search a value.
 */
export const tailProbability: Detector = {
  type: 'tail_probability',
  comparable: true,

  fit: (input) => {
    const { columns, groupCount, params, rows, tools } = input;
    const tables: TailTable[] = [];
    for (let group = 0; group < groupCount; group++) tables.push(...tablesOfGroup(input, group));
    const tail: TailModel = {
      ...joinTables(tables),
      columns,
      largest: Math.min(params.tailLargest, columns),
    };
    const model = { ...tail };
    const raw = new Float64Array(rows);
    tailProbability.score(model, input, raw, tools);
    return { model, raw };
  },

  score: (model, { x, rows, columns, groups }, out) => {
    const tail = asTail(model);
    const top = new Float64Array(tail.largest);
    for (let row = 0, at = 0; row < rows; row++) {
      const table = groups[row] * columns;
      top.fill(0);
      for (let column = 0; column < columns; column++, at++) {
        const surprise = surpriseOf(tail, table + column, x[at]);
        if (surprise > top[0]) insert(top, surprise);
      }
      // From the smallest up, whatever the columns: the sum does not depend on their order.
      let sum = 0;
      for (let i = 0; i < top.length; i++) sum += top[i];
      out[row] = sum;
    }
  },

  explain: (model, row, group) => {
    const tail = asTail(model);
    const surprises = Array.from(row, (value, column) =>
      surpriseOf(tail, group * row.length + column, value),
    );
    const order = [...surprises.keys()].sort((a, b) => surprises[b] - surprises[a] || a - b);
    const contributions = new Float64Array(row.length);
    for (const column of order.slice(0, tail.largest)) contributions[column] = surprises[column];
    return contributions;
  },

  findDamage: (model, { columns, groupCount }: DetectorShape) => {
    const { start, thresholds, values, largest } = asTail(model);
    const typed =
      start instanceof Int32Array && thresholds instanceof Float32Array && values instanceof Float64Array;
    if (!typed) return 'its tables are missing';
    if (asTail(model).columns !== columns)
      return `its tables are for ${asTail(model).columns} columns, not ${columns}`;
    if (!Number.isInteger(largest) || largest < 1 || largest > columns)
      return `it adds up ${largest} columns`;
    return findTableDamage({ start, thresholds, values }, groupCount * columns);
  },
};

const asTail = (model: DetectorModel): TailModel => model as unknown as TailModel;

/** The tables of all columns from the rows of one group. */
function tablesOfGroup(input: DetectorFit, group: number): TailTable[] {
  const { x, columns } = input;
  const picked = rowsOfGroup(input, group);
  const values = new Float32Array(picked.length);
  return Array.from({ length: columns }, (_, column) => {
    for (let i = 0; i < picked.length; i++) values[i] = x[picked[i] * columns + column];
    return tailTable(values.sort());
  });
}

/** Keeps `top` ascending; its smallest entry goes. */
function insert(top: Float64Array, value: number): void {
  let at = 0;
  for (; at + 1 < top.length && top[at + 1] < value; at++) top[at] = top[at + 1];
  top[at] = value;
}
