import type { LevelTables } from '../../../training/core/detectors/level-tables.js';
import type { GraphScope } from './onnx-graph-scope.js';
import {
  doubleMatrix,
  doubleTensor,
  int64Scalar,
  int64Vector,
  intAttribute,
  ONNX_TYPE,
} from './onnx-model.js';

/** Above every score: fills the tables of groups with fewer knots. */
const FILLER = Number.MAX_VALUE;

/**
 * Levels of raw scores (level-tables.ts): linear between the knots of the row's group, along a slope beyond the last.
 *
 * @param raw name of the raw scores, double [N, 1]
 * @returns name of the levels, double [N, 1]
 */
export function addLevels(graph: GraphScope, tables: LevelTables, raw: string): string {
  addTables(graph, tables);
  const inside = addPlace(graph, raw);
  const pick = (table: string, place: string, output: string): string =>
    graph.add('GatherElements', [table, place], output, [intAttribute('axis', 1)]);
  pick('own_knots', 'place', 'knot');
  pick('own_knots', 'next_place', 'next_knot');
  pick('own_levels', 'place', 'level_here');
  pick('own_levels', 'next_place', 'level_next');
  graph.add('Sub', ['next_knot', 'knot'], 'width');
  graph.add('Greater', ['width', 'zero'], 'has_width');
  graph.add('Where', ['has_width', 'width', 'unit'], 'divisor');
  graph.add('Sub', [inside, 'knot'], 'into');
  graph.add('Div', ['into', 'divisor'], 'share');
  graph.add('Sub', ['level_next', 'level_here'], 'rise');
  graph.add('Mul', ['share', 'rise'], 'risen');
  graph.add('Add', ['level_here', 'risen'], 'level_inside');
  graph.add('Sub', [raw, 'highest_knot'], 'above_highest');
  graph.add('Max', ['above_highest', 'zero'], 'excess');
  graph.add('Gather', ['slope', 'group_column'], 'own_slope');
  graph.add('Mul', ['excess', 'own_slope'], 'level_beyond');
  return graph.add('Add', ['level_inside', 'level_beyond'], 'level');
}

/** Tables of equal length, one a group. */
function addTables(graph: GraphScope, { start, knots, levels, slope }: LevelTables): void {
  const groups = slope.length;
  const counts = Array.from(slope, (_, group) => start[group + 1] - start[group]);
  const most = Math.max(...counts);
  const table = (values: Float64Array, filler: number): Float64Array =>
    Float64Array.from({ length: groups * most }, (_, at) => {
      const [group, i] = [Math.floor(at / most), at % most];
      return i < counts[group] ? values[start[group] + i] : filler;
    });
  const last = counts.map((count, group) => start[group] + count - 1);
  graph.constant(doubleMatrix('knots', [groups, most], table(knots, FILLER)));
  graph.constant(doubleMatrix('levels', [groups, most], table(levels, 0)));
  graph.constant(
    doubleTensor(
      'lowest',
      Float64Array.from(slope, (_, group) => knots[start[group]]),
    ),
  );
  graph.constant(
    doubleTensor(
      'highest',
      Float64Array.from(last, (at) => knots[at]),
    ),
  );
  graph.constant(
    int64Vector(
      'last_place',
      counts.map((count) => count - 1),
    ),
  );
  graph.constant(doubleTensor('slope', slope));
  graph.constant(int64Scalar('one_place', 1));
}

/** `place` and `next_place` int64 [N, 1]: the knots around a score. Returns the score, held between the first and the last. */
function addPlace(graph: GraphScope, raw: string): string {
  graph.add('Gather', ['knots', 'group'], 'own_knots');
  graph.add('Gather', ['levels', 'group'], 'own_levels');
  graph.add('Gather', ['lowest', 'group_column'], 'lowest_knot');
  graph.add('Gather', ['highest', 'group_column'], 'highest_knot');
  graph.add('Max', [raw, 'lowest_knot'], 'not_below');
  const inside = graph.add('Min', ['not_below', 'highest_knot'], 'inside_knots');
  graph.add('LessOrEqual', ['own_knots', inside], 'is_reached');
  graph.add('Cast', ['is_reached'], 'reached_knots', [intAttribute('to', ONNX_TYPE.int64)]);
  graph.add('ReduceSum', ['reached_knots', 'axis_1'], 'knot_count');
  graph.add('Sub', ['knot_count', 'one_place'], 'place');
  graph.add('Gather', ['last_place', 'group_column'], 'own_last_place');
  graph.add('Min', ['knot_count', 'own_last_place'], 'next_place');
  return inside;
}
