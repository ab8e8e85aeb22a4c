import type { DetectorModel, DetectorType } from '../../../training/core/detectors/detector.js';
import type { CovarianceModel } from '../../../training/core/detectors/robust-covariance.js';
import { SMALLEST_DISTANCE, type LofModel } from '../../../training/core/detectors/local-outlier-factor.js';
import type { TailModel } from '../../../training/core/detectors/tail-probability.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import type { GraphScope } from './onnx-graph-scope.js';
import {
  doubleMatrix,
  doubleTensor,
  floatVector,
  graphAttribute,
  int64Vector,
  intAttribute,
  intsAttribute,
  listInfo,
  ONNX_TYPE,
  type OnnxGraph,
} from './onnx-model.js';
import { addTail } from './onnx-tail.js';
import { pathLengthDivisor, preciseTreeEnsembleAttributes } from './onnx-tree-ensemble.js';

/** What a detector is fitted on, as far as its graph depends on it. */
export interface MemberInput {
  readonly forest: Forest;
  readonly columns: number;
  readonly groupCount: number;
}

/**
 * Raw score of one detector, of the shared values `rows` (float [N, F]), `x` (double [N, F], scaled), `group` and
 * `group_column` (int64 [N] and [N, 1]).
 *
 * @returns name of the raw scores, double [N, 1]
 */
export function addMember(
  graph: GraphScope,
  type: DetectorType,
  model: DetectorModel,
  input: MemberInput,
): string {
  if (type === 'tail_probability') return addTail(graph, model as unknown as TailModel);
  if (type === 'robust_covariance') return addCovariance(graph, model as unknown as CovarianceModel, input);
  if (type === 'local_outlier_factor') return addLof(graph, model as unknown as LofModel, input);
  return addForest(graph, input.forest);
}

function addForest(graph: GraphScope, forest: Forest): string {
  graph.constant(doubleTensor('negative_divisor', -pathLengthDivisor(forest)));
  graph.constant(doubleTensor('two', 2));
  const parts = graph.own('path_length_parts');
  graph.addWhole({
    input: ['x'],
    output: [parts],
    name: parts,
    opType: 'TreeEnsembleRegressor',
    attribute: preciseTreeEnsembleAttributes(forest),
    domain: 'ai.onnx.ml',
  });
  graph.add('Cast', [parts], 'path_lengths', [intAttribute('to', ONNX_TYPE.double)]);
  graph.add('ReduceSum', ['path_lengths', 'axis_1'], 'path_length');
  graph.add('Div', ['path_length', 'negative_divisor'], 'exponent');
  return graph.add('Pow', ['two', 'exponent'], 'raw');
}

function addCovariance(
  graph: GraphScope,
  { location, precision }: CovarianceModel,
  { columns: d, groupCount }: MemberInput,
): string {
  graph.constant(doubleMatrix('location', [groupCount, d], location));
  graph.constant(doubleMatrix('precision', [groupCount, d, d], precision));
  // One covariance fits all rows as it is; of several, each row gets its own: N x F x F numbers.
  const own = (table: string): string =>
    groupCount === 1 ? table : graph.add('Gather', [table, 'group'], `own_${table}`);
  graph.add('Sub', ['x', own('location')], 'deviation');
  graph.add('Unsqueeze', ['deviation', 'axis_1'], 'deviation_row');
  graph.add('MatMul', ['deviation_row', own('precision')], 'weighed_row');
  graph.add('Squeeze', ['weighed_row', 'axis_1'], 'weighed');
  graph.add('Mul', ['deviation', 'weighed'], 'parts');
  graph.add('ReduceSum', ['parts', 'axis_1'], 'squared_distance');
  return graph.add('Max', ['squared_distance', 'zero'], 'raw');
}

/**
 * The references lie in the graph, one a column. Rows are taken one at a time, so that memory does not grow with them, and
 * distances are sums of squared differences: |a|^2 - 2 ab + |b|^2 would lose the small ones, on which densities rest.
 */
function addLof(
  graph: GraphScope,
  { neighbours, rows, reach, density }: LofModel,
  { columns }: MemberInput,
): string {
  const count = reach.length;
  const turned = Float32Array.from(
    { length: rows.length },
    (_, at) => rows[(at % count) * columns + Math.floor(at / count)],
  );
  graph.constant({ ...floatVector('reference_rows', turned), dims: [columns, count] });
  graph.constant(doubleTensor('reach', reach));
  graph.constant(doubleTensor('density', density));
  graph.constant(doubleTensor('smallest_distance', SMALLEST_DISTANCE));
  graph.constant(int64Vector('neighbours', [neighbours]));
  graph.add('Cast', ['reference_rows'], 'references', [intAttribute('to', ONNX_TYPE.double)]);
  const [squared, nearest] = [graph.own('nearest_squared'), graph.own('nearest')];
  graph.addWhole({
    input: ['x'],
    output: [squared, nearest],
    name: graph.own('neighbour_search'),
    opType: 'Scan',
    attribute: [
      graphAttribute('body', searchOfRow(graph, columns, neighbours)),
      intAttribute('num_scan_inputs', 1),
    ],
    domain: '',
  });
  graph.add('Sqrt', [squared], 'distance');
  graph.add('Gather', ['reach', nearest], 'reach_of_nearest');
  graph.add('Gather', ['density', nearest], 'density_of_nearest');
  graph.add('Max', ['distance', 'reach_of_nearest'], 'reachability');
  const axes = [intsAttribute('axes', Int32Array.of(1))];
  graph.add('ReduceMean', ['reachability'], 'mean_reachability', axes);
  graph.add('ReduceMean', ['density_of_nearest'], 'mean_density', axes);
  graph.add('Add', ['mean_reachability', 'smallest_distance'], 'inverse_density');
  return graph.add('Mul', ['mean_density', 'inverse_density'], 'raw');
}

/** One row (double [F]) -> squared distances to its nearest references, and their numbers. Of equal ones the first is nearer. */
function searchOfRow(graph: GraphScope, columns: number, neighbours: number): OnnxGraph {
  const name = (own: string): string => graph.own(`row_${own}`);
  const node = (
    opType: string,
    input: string[],
    output: string[],
    attribute: OnnxGraph['node'][0]['attribute'] = [],
  ) => ({
    input,
    output,
    name: output[0],
    opType,
    attribute,
    domain: '',
  });
  return {
    name: name('search'),
    initializer: [int64Vector(name('axis_0'), [0]), int64Vector(name('axis_1'), [1])],
    input: [listInfo(name('values'), ONNX_TYPE.double, columns, 'One row, scaled.')],
    node: [
      node('Unsqueeze', [name('values'), name('axis_1')], [name('column')]),
      node('Sub', [graph.own('references'), name('column')], [name('difference')]),
      node('Mul', [name('difference'), name('difference')], [name('squares')]),
      node(
        'ReduceSum',
        [name('squares'), name('axis_0')],
        [name('distances')],
        [intAttribute('keepdims', 0)],
      ),
      node(
        'TopK',
        [name('distances'), graph.own('neighbours')],
        [name('nearest_squared'), name('nearest')],
        [intAttribute('axis', 0), intAttribute('largest', 0), intAttribute('sorted', 1)],
      ),
    ],
    output: [
      listInfo(name('nearest_squared'), ONNX_TYPE.double, neighbours, 'Ascending.'),
      listInfo(name('nearest'), ONNX_TYPE.int64, neighbours, 'Numbers of the references.'),
    ],
  };
}
