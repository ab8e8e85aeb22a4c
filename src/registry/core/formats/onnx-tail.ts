import type { TailModel } from '../../../training/core/detectors/tail-probability.js';
import type { FittedDetector } from '../../../training/core/detectors/fitted-detector.js';
import { TIE_WEIGHT } from '../../../training/core/detectors/tail-probability.js';
import { PARETO_INDEX } from '../../../training/core/detectors/tail-tables.js';
import {
  doubleTensor,
  floatVector,
  int64Scalar,
  int64Vector,
  intAttribute,
  intsAttribute,
  matrixInfo,
  ONNX_TYPE,
  vectorInfo,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from './onnx-model.js';

export interface OnnxDetectorMeta {
  /** Final scores below it are anomalies (scikit-learn's sign). */
  readonly offset: number;
  /** Columns of the input in order. */
  readonly featureNames: readonly string[];
}

/**
 * `model.onnx` of the detector `tail_probability`, operators of ai.onnx 17 only. The look-up in a table is a binary search,
 * all columns of all rows at once: a step goes on by 2^k thresholds where the one reached is not above the value.
 *
 * Inputs: `features` double [N, F], after imputation and clipping, not scaled; `device` int64 [N], index in the metadata
 * `devices`, -1 = unknown. Outputs as for a forest: `label` int64 [N, 1], `scores` and `score_samples` float [N, 1].
 */
export function buildTailOnnx(fitted: FittedDetector, meta: OnnxDetectorMeta): OnnxModel {
  const { float, int64, double } = ONNX_TYPE;
  const graph = new GraphParts();
  const model = fitted.model as unknown as TailModel;
  addLookUp(graph, fitted, model);
  addEvidence(graph, model);
  addScore(graph, fitted, meta.offset);
  return {
    irVersion: 8,
    producerName: 'mcp-training',
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: [
      { key: 'detector', value: fitted.type },
      { key: 'feature_names', value: JSON.stringify(meta.featureNames) },
      { key: 'devices', value: asciiJson(fitted.devices) },
      { key: 'offset', value: String(meta.offset) },
    ],
    graph: {
      name: fitted.type,
      initializer: graph.initializer,
      node: graph.node,
      input: [
        matrixInfo(
          'features',
          double,
          fitted.columns,
          'Rows with the columns of feature_names, after imputation and clipping, not scaled.',
        ),
        vectorInfo('device', int64, 'Index of the device of each row in devices; -1 = unknown.'),
      ],
      output: [
        matrixInfo('label', int64, 1, '1 = normal, -1 = anomaly: scores < 0.'),
        matrixInfo('scores', float, 1, 'score_samples - offset; negative = anomaly.'),
        matrixInfo('score_samples', float, 1, 'Between -1 (most anomalous) and 0.'),
      ],
    },
  };
}

/** Nodes are named after what they compute. */
class GraphParts {
  readonly initializer: OnnxTensor[] = [];
  readonly node: OnnxNode[] = [];

  add(
    opType: string,
    input: readonly string[],
    output: string,
    attribute: readonly OnnxAttribute[] = [],
  ): string {
    this.node.push({ input, output: [output], name: output, opType, attribute, domain: '' });
    return output;
  }

  constant(tensor: OnnxTensor): string {
    this.initializer.push(tensor);
    return tensor.name;
  }
}

/** `surprise` double [N, U] of the used columns. */
function addLookUp(graph: GraphParts, { groupOfDevice }: FittedDetector, model: TailModel): void {
  const { columns, start, thresholds, values, top } = model;
  const used = columns.length;
  const tables = top.length;
  graph.constant(int64Vector('columns', columns));
  // One more entry, for the index -1, which counts from the end: the shared group.
  graph.constant(int64Vector('group_of_device', [...groupOfDevice, 0]));
  graph.constant(int64Vector('first', start.subarray(0, tables)));
  graph.constant(int64Vector('end', start.subarray(1)));
  // Never an empty tensor: a reader may refuse it.
  graph.constant(floatVector('thresholds', [...thresholds, 3.4028234663852886e38]));
  graph.constant(doubleTensor('values', values));
  graph.constant(doubleTensor('top', Float64Array.from(top)));
  graph.constant(int64Vector('axis_1', [1]));
  graph.constant(int64Scalar('used_columns', used));
  graph.constant(
    int64Vector(
      'column_numbers',
      Array.from({ length: used }, (_, i) => i),
    ),
  );
  graph.constant(int64Scalar('last_threshold', thresholds.length));
  graph.constant(int64Scalar('one', 1));
  graph.add('Cast', ['features'], 'rows', [intAttribute('to', ONNX_TYPE.float)]);
  graph.add('Gather', ['rows', 'columns'], 'x', [intAttribute('axis', 1)]);
  graph.add('Gather', ['group_of_device', 'device'], 'group');
  graph.add('Unsqueeze', ['group', 'axis_1'], 'group_column');
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

function addStep(graph: GraphParts, position: string, step: number): string {
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
function addTailBeyond(graph: GraphParts): void {
  graph.constant(doubleTensor('zero', 0));
  graph.constant(doubleTensor('unit', 1));
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
function addEvidence(graph: GraphParts, { families, tau }: TailModel): void {
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
  graph.add('Add', ['sum', 'tie_breaker'], 'evidence');
}

function addScore(graph: GraphParts, { scale }: FittedDetector, offset: number): void {
  graph.constant(doubleTensor('scale', scale));
  graph.constant(doubleTensor('offset', offset));
  graph.constant(int64Scalar('anomaly_label', -1));
  graph.constant(int64Scalar('normal_label', 1));
  graph.add('Gather', ['scale', 'group_column'], 'alert_line');
  graph.add('Add', ['evidence', 'alert_line'], 'whole');
  graph.add('Div', ['evidence', 'whole'], 'anomaly_score');
  graph.add('Neg', ['anomaly_score'], 'score');
  graph.add('Sub', ['score', 'offset'], 'decision');
  graph.add('Less', ['decision', 'zero'], 'is_anomaly');
  graph.add('Where', ['is_anomaly', 'anomaly_label', 'normal_label'], 'label');
  graph.add('Cast', ['decision'], 'scores', [intAttribute('to', ONNX_TYPE.float)]);
  graph.add('Cast', ['score'], 'score_samples', [intAttribute('to', ONNX_TYPE.float)]);
}

/** Strings of ours are ASCII on the wire; device names need not be. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
