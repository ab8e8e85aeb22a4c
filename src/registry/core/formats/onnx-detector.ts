import { membersOf } from '../../../training/core/detectors/ensemble.js';
import type { FittedDetector } from '../../../training/core/detectors/fitted-detector.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import { GraphScope } from './onnx-graph-scope.js';
import { addLevels } from './onnx-levels.js';
import { addMember } from './onnx-members.js';
import {
  doubleTensor,
  int64Scalar,
  int64Vector,
  intAttribute,
  matrixInfo,
  ONNX_TYPE,
  vectorInfo,
  type OnnxModel,
} from './onnx-model.js';

export interface OnnxDetectorMeta {
  /** Final scores below it are anomalies (scikit-learn's sign). */
  readonly offset: number;
  /** Columns of the input in order. */
  readonly featureNames: readonly string[];
  /** StandardScaler: z = (x - mean) / scale, one entry a column. */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** The forest that every version has; in the graph only where the detector asks it. */
  readonly forest: Forest;
}

/**
 * `model.onnx` of a detector, operators of ai.onnx 17 (and the trees of ai.onnx.ml 3): raw score, calibration by device,
 * final score and threshold.
 *
 * Inputs: `features` double [N, F], after imputation and clipping, not scaled (values of float32, as features are); `device`
 * int64 [N], index in the metadata `devices`, -1 = unknown. Outputs as for a forest: `label` int64 [N, 1], `scores` and
 * `score_samples` float [N, 1].
 */
export function buildDetectorOnnx(fitted: FittedDetector, meta: OnnxDetectorMeta): OnnxModel {
  const { float, int64, double } = ONNX_TYPE;
  const graph = new GraphScope();
  addInputs(graph, fitted, meta);
  addScore(graph, fitted, addEvidence(graph, fitted, meta), meta.offset);
  const trees = graph.node.some(({ domain }) => domain !== '');
  return {
    irVersion: 8,
    producerName: 'mcp-training',
    opsetImport: [{ domain: '', version: 17 }, ...(trees ? [{ domain: 'ai.onnx.ml', version: 3 }] : [])],
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

/** What every part may read: `rows`, `x`, `group`, `group_column`, and the constants `zero`, `unit`, `one`, `axis_1`. */
function addInputs(graph: GraphScope, fitted: FittedDetector, { mean, scale }: OnnxDetectorMeta): void {
  for (const name of ['features', 'device']) graph.share(name);
  graph.constant(doubleTensor('zero', 0));
  graph.constant(doubleTensor('unit', 1));
  graph.constant(int64Scalar('one', 1));
  graph.constant(int64Vector('axis_1', [1]));
  // One more entry, for the index -1, which counts from the end: the shared group.
  graph.constant(int64Vector('group_of_device', [...fitted.groupOfDevice, 0]));
  graph.add('Gather', ['group_of_device', 'device'], 'group');
  graph.add('Unsqueeze', ['group', 'axis_1'], 'group_column');
  graph.add('Cast', ['features'], 'rows', [intAttribute('to', ONNX_TYPE.float)]);
  const parts = fitted.type === 'ensemble' ? membersOf(fitted) : [fitted];
  if (parts.every(({ type }) => type === 'tail_probability')) return;
  graph.constant(doubleTensor('feature_mean', mean));
  graph.constant(doubleTensor('feature_scale', scale));
  graph.add('Cast', ['rows'], 'row_values', [intAttribute('to', ONNX_TYPE.double)]);
  graph.add('Sub', ['row_values', 'feature_mean'], 'centred');
  graph.add('Div', ['centred', 'feature_scale'], 'scaled');
  graph.add('Cast', ['scaled'], 'rounded', [intAttribute('to', ONNX_TYPE.float)]);
  graph.add('Cast', ['rounded'], 'x', [intAttribute('to', ONNX_TYPE.double)]);
}

/** @returns name of the evidence, double [N, 1] */
function addEvidence(graph: GraphScope, fitted: FittedDetector, { forest }: OnnxDetectorMeta): string {
  const { columns, groupCount, levels } = fitted;
  const input = { forest, columns, groupCount };
  if (fitted.type !== 'ensemble') {
    const raw = addMember(graph, fitted.type, fitted.model, input);
    return levels === null ? raw : graph.within('calibration_', () => addLevels(graph, levels, raw));
  }
  const members = membersOf(fitted);
  const ranks = members.map(({ type, model, levels: own }, i) =>
    graph.within(`member_${i}_`, () => {
      const raw = addMember(graph, type, model, input);
      return graph.within('calibration_', () => addLevels(graph, own, raw));
    }),
  );
  graph.constant(doubleTensor('member_count', members.length));
  graph.add('Sum', ranks, 'rank_sum');
  return graph.add('Div', ['rank_sum', 'member_count'], 'mean_rank');
}

function addScore(graph: GraphScope, { scale }: FittedDetector, evidence: string, offset: number): void {
  graph.constant(doubleTensor('scale', scale));
  graph.constant(doubleTensor('offset', offset));
  graph.constant(int64Scalar('anomaly_label', -1));
  graph.constant(int64Scalar('normal_label', 1));
  graph.add('Gather', ['scale', 'group_column'], 'alert_line');
  graph.add('Add', [evidence, 'alert_line'], 'whole');
  graph.add('Div', [evidence, 'whole'], 'anomaly_score');
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
