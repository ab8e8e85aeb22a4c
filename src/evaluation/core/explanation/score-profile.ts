import type { PathLayout } from './path-layout.js';

/**
 * A row's path lengths as a function of one of its scaled values, all others held. The function is constant between the
 * thresholds that the row can meet: piece i is (edges[i - 1], edges[i]], the first reaches down and the last up without end.
 */
export interface ScoreProfile {
  /** Ascending, distinct, float32. */
  readonly edges: Float64Array;
  /** Sum over the trees in each piece, to rounding; one entry more than `edges`. */
  readonly lengths: Float64Array;
}

/**
 * Walks every tree once, both ways where it splits on the column and the value may still lie on either side.
 * O(trees x (depth + leaves met) + edges x log edges).
 *
 * @param row scaled, float32
 */
export function scoreProfile(layout: PathLayout, row: Float32Array, column: number): ScoreProfile {
  const steps: Step[] = [];
  let lowest = 0;
  for (let tree = 0; tree + 1 < layout.treeStart.length; tree++) {
    lowest += addSteps(layout, layout.treeStart[tree], row, column, steps);
  }
  // Equal edges in the order of the trees (the sort is stable), so that sums are the same in every run.
  steps.sort((a, b) => a.edge - b.edge);
  const edges: number[] = [];
  const lengths = [lowest];
  for (const { edge, change } of steps) {
    if (edges.at(-1) !== edge) {
      edges.push(edge);
      lengths.push(lengths[lengths.length - 1]);
    }
    lengths[lengths.length - 1] += change;
  }
  return { edges: Float64Array.from(edges), lengths: Float64Array.from(lengths) };
}

interface Step {
  readonly edge: number;
  readonly change: number;
}

/** Visits the leaves in the order of the column's value; returns the path length of the first. */
function addSteps(
  { column: columns, threshold, left, right, pathLength }: PathLayout,
  root: number,
  row: Float32Array,
  column: number,
  steps: Step[],
): number {
  // Node, and the ends of the values that come to it: low < value <= high.
  const waiting = [root, -Infinity, Infinity];
  let first = 0;
  let before = 0;
  while (waiting.length > 0) {
    const high = waiting.pop() ?? 0;
    const low = waiting.pop() ?? 0;
    let node = waiting.pop() ?? 0;
    let end = high;
    while (columns[node] >= 0) {
      const edge = threshold[node];
      if (columns[node] !== column) {
        node = row[columns[node]] <= edge ? left[node] : right[node];
      } else if (edge <= low) {
        node = right[node];
      } else {
        if (edge < end) {
          waiting.push(right[node], edge, end);
          end = edge;
        }
        node = left[node];
      }
    }
    const length = pathLength[node];
    if (low === -Infinity) first = length;
    else if (length !== before) steps.push({ edge: low, change: length - before });
    before = length;
  }
  return first;
}

/** Index of the piece in which a scaled value lies. */
export function pieceOf({ edges }: ScoreProfile, value: number): number {
  let from = 0;
  let to = edges.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (edges[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
