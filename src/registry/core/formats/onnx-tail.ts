import type { TailModel } from '../../../training/core/detectors/tail-probability.js';
import { TIE_WEIGHT } from '../../../training/core/detectors/tail-probability.js';
import { PARETO_INDEX } from '../../../training/core/detectors/tail-tables.js';
import type { GraphScope } from './onnx-graph-scope.js';
import {
  doubleTensor,
  floatVector,
  int64Scalar,
  int64Vector,
  intAttribute,
  intsAttribute,
  ONNX_TYPE,
} from './onnx-model.js';

/**
 * Raw score of the detector `tail_probability`. The look-up in a table is a binary search, all columns of all rows at once:
 * a step goes on by 2^k thresholds where the one reached is not above the value.
 *
 * @returns name of the raw scores, double [N, 1]
 */
export function addTail(graph: GraphScope, model: TailModel): string {
  addLookUp(graph, model);
  return addEvidence(graph, model);
}

/** `surprise` double [N, U] of the used columns. */
function addLookUp(graph: GraphScope, model: TailModel): void {
  const { columns, start, thresholds, values, top } = model;
  const used = columns.length;
  const tables = top.length;
  graph.constant(int64Vector('columns', columns));
  graph.constant(int64Vector('first', start.subarray(0, tables)));
  graph.constant(int64Vector('end', start.subarray(1)));
  // Never an empty tensor: a reader may refuse it.
  graph.constant(floatVector('thresholds', [...thresholds, 3.4028234663852886e38]));
  graph.constant(doubleTensor('values', values));
  graph.constant(doubleTensor('top', Float64Array.from(top)));
  graph.constant(int64Scalar('used_columns', used));
  graph.constant(
    int64Vector(
      'column_numbers',
      Array.from({ length: used }, (_, i) => i),
    ),
  );
  graph.constant(int64Scalar('last_threshold', thresholds.length));
  graph.add('Gather', ['rows', 'columns'], 'x', [intAttribute('axis', 1)]);
  graph.add('Mul', ['group_column', 'used_columns'], 'first_table');
  graph.add('Add', ['first_table', 'column_numbers'], 'table');
  graph.add('Gather', ['end', 'table'], 'end_of_table');
  let position = graph.add('Gather', ['first', 'table'], 'position');
  const longest = Math.max(1, ...Array.from({ length: tables }, (_, t) => start[t + 1] - start[t]));
  for (let step = 2 ** Math.floor(Math.log2(longest)); step >= 1; step /= 2)
    position = addStep(graph, position, step);
  graph.add('Add', [position, 'table'], 'value_number');
  graph.add('Gather', ['values', 'value_number'], 'inside');
  addTailBeyond(graph);
}

function addStep(graph: GraphScope, position: string, step: number): string {
  const by = graph.constant(int64Scalar(`step_${step}`, step));
  const next = graph.add('Add', [position, by], `next_${step}`);
  const fits = graph.add('LessOrEqual', [next, 'end_of_table'], `fits_${step}`);
  const before = graph.add('Sub', [next, 'one'], `before_${step}`);
  const safe = graph.add('Min', [before, 'last_threshold'], `safe_${step}`);
  const threshold = graph.add('Gather', ['thresholds', safe], `threshold_${step}`);
  const reached = graph.add('LessOrEqual', [threshold, 'x'], `reached_${step}`);
  const goes = graph.add('And', [fits, reached], `goes_${step}`);
  return graph.add('Where', [goes, next, position], `position_${step}`);
}

/** The Pareto tail beyond the highest training value. */
function addTailBeyond(graph: GraphScope): void {
  graph.constant(doubleTensor('pareto_index', PARETO_INDEX));
  graph.add('Cast', ['x'], 'x_double', [intAttribute('to', ONNX_TYPE.double)]);
  graph.add('Gather', ['top', 'table'], 'top_of_table');
  graph.add('Greater', ['x_double', 'top_of_table'], 'is_beyond');
  graph.add('Max', ['x_double', 'zero'], 'x_positive');
  graph.add('Max', ['top_of_table', 'zero'], 'top_positive');
  graph.add('Add', ['x_positive', 'unit'], 'x_shifted');
  graph.add('Add', ['top_positive', 'unit'], 'top_shifted');
  graph.add('Div', ['x_shifted', 'top_shifted'], 'times_top');
  graph.add('Log', ['times_top'], 'log_times_top');
  graph.add('Mul', ['log_times_top', 'pareto_index'], 'tail');
  graph.add('Where', ['is_beyond', 'tail', 'zero'], 'beyond');
  graph.add('Add', ['inside', 'beyond'], 'surprise');
}

/** `evidence` double [N, 1]. */
function addEvidence(graph: GraphScope, { families, tau }: TailModel): string {
  const highest: string[] = [];
  for (let family = 0; family + 1 < families.length; family++) {
    const members = Array.from(
      { length: families[family + 1] - families[family] },
      (_, i) => families[family] + i,
    );
    const numbers = graph.constant(int64Vector(`family_${family}`, members));
    const part = graph.add('Gather', ['surprise', numbers], `surprise_${family}`, [intAttribute('axis', 1)]);
    highest.push(
      graph.add('ReduceMax', [part], `highest_${family}`, [intsAttribute('axes', Int32Array.of(1))]),
    );
  }
  graph.constant(doubleTensor('tau', tau));
  graph.constant(doubleTensor('tie_weight', TIE_WEIGHT));
  graph.add('Concat', highest, 'by_family', [intAttribute('axis', 1)]);
  graph.add('Sub', ['by_family', 'tau'], 'above_tau');
  graph.add('Max', ['above_tau', 'zero'], 'counted');
  graph.add('ReduceSum', ['counted', 'axis_1'], 'sum');
  graph.add('ReduceMax', ['by_family'], 'highest', [intsAttribute('axes', Int32Array.of(1))]);
  graph.add('Mul', ['highest', 'tie_weight'], 'tie_breaker');
  return graph.add('Add', ['sum', 'tie_breaker'], 'raw');
}
