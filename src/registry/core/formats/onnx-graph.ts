import { AppError } from '../../../shared/errors.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import { findForestDamage } from '../../../training/core/forest/validate-forest.js';
import {
  doubleTensor,
  int64Scalar,
  intAttribute,
  matrixInfo,
  ONNX_TYPE,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
} from './onnx-model.js';
import { pathLengthDivisor, treeEnsembleAttributes } from './onnx-tree-ensemble.js';

/** What the model does with a row before and after the forest. Arrays have one entry a feature. */
export interface OnnxModelMeta {
  /** StandardScaler: z = (x - mean) / scale. Mean 0 and scale 1 for a model on unscaled columns. */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** scikit-learn's `offset_`: scores below it are anomalies. */
  readonly offset: number;
  /** Columns of the input in order. */
  readonly featureNames: readonly string[];
  /** Version of this program. Nothing here may differ between two runs that train the same model. */
  readonly producerVersion?: string;
}

const TREE_DOMAIN = 'ai.onnx.ml';

/**
 * `model.onnx` as plain data: scaler, Isolation Forest and threshold in one graph (ai.onnx 17, ai.onnx.ml 3, IR 8).
 *
 * Input `features` double [N, F], after imputation and clipping, before scaling (the rows of golden.json). Outputs as
 * sklearn-onnx names them: `label` int64 [N, 1] (1 / -1), `scores` float [N, 1] (`decision_function`),
 * `score_samples` float [N, 1].
 *
 * Scores differ from the forest's by less than 1e-6: outputs, and the sum over the trees inside, are float32. A row
 * closer than that to the threshold may get another label.
 *
 * @throws AppError `internal` when the forest, the scaler, the names or the offset are not sound.
 */
export function buildOnnxModel(forest: Forest, meta: OnnxModelMeta): OnnxModel {
  const damage = findForestDamage(forest) ?? findMetaDamage(forest, meta);
  if (damage !== undefined) throw new AppError('internal', `The ONNX model cannot be written: ${damage}.`);
  return {
    irVersion: 8,
    producerName: 'mcp-training',
    producerVersion: meta.producerVersion,
    graph: buildGraph(forest, meta),
    opsetImport: [
      { domain: '', version: 17 },
      { domain: TREE_DOMAIN, version: 3 },
    ],
    metadataProps: [
      { key: 'feature_names', value: JSON.stringify(meta.featureNames) },
      { key: 'offset', value: String(meta.offset) },
    ],
  };
}

function buildGraph(forest: Forest, { mean, scale, offset }: OnnxModelMeta): OnnxGraph {
  const { float, int64, double } = ONNX_TYPE;
  const ensemble = treeEnsembleAttributes(forest);
  return {
    name: 'isolation_forest',
    initializer: [
      doubleTensor('mean', mean),
      doubleTensor('scale', scale),
      doubleTensor('negative_divisor', -pathLengthDivisor(forest)),
      doubleTensor('two', 2),
      doubleTensor('offset', offset),
      doubleTensor('zero', 0),
      int64Scalar('anomaly_label', -1),
      int64Scalar('normal_label', 1),
    ],
    node: [
      node('Sub', ['features', 'mean'], 'centred'),
      node('Div', ['centred', 'scale'], 'scaled'),
      // scikit-learn rounds every row to float32 before it walks the trees. The way back is for the operator, which
      // wants its input in the type of its thresholds.
      cast('scaled', 'rounded', float),
      cast('rounded', 'rows', double),
      { ...node('TreeEnsembleRegressor', ['rows'], 'path_length_sum', ensemble), domain: TREE_DOMAIN },
      // ai.onnx.ml 3 gives a float whatever it summed in; from here on double again.
      cast('path_length_sum', 'path_length', double),
      node('Div', ['path_length', 'negative_divisor'], 'exponent'),
      node('Pow', ['two', 'exponent'], 'anomaly_score'),
      node('Neg', ['anomaly_score'], 'score'),
      node('Sub', ['score', 'offset'], 'decision'),
      node('Less', ['decision', 'zero'], 'is_anomaly'),
      node('Where', ['is_anomaly', 'anomaly_label', 'normal_label'], 'label'),
      cast('decision', 'scores', float),
      cast('score', 'score_samples', float),
    ],
    input: [
      matrixInfo(
        'features',
        double,
        forest.featureCount,
        'Rows with the columns of feature_names, after imputation and clipping, not scaled.',
      ),
    ],
    output: [
      matrixInfo('label', int64, 1, '1 = normal, -1 = anomaly: scores < 0.'),
      matrixInfo('scores', float, 1, 'score_samples - offset; negative = anomaly.'),
      matrixInfo('score_samples', float, 1, 'Between -1 (most anomalous) and 0.'),
    ],
  };
}

/** Nodes are named after what they compute: an output has exactly one node. */
function node(
  opType: string,
  input: readonly string[],
  output: string,
  attribute: readonly OnnxAttribute[] = [],
): OnnxNode {
  return { input, output: [output], name: output, opType, attribute, domain: '' };
}

function cast(input: string, output: string, to: number): OnnxNode {
  return node('Cast', [input], output, [intAttribute('to', to)]);
}

function findMetaDamage(forest: Forest, meta: OnnxModelMeta): string | undefined {
  const { mean, scale, offset, featureNames } = meta;
  const columns = forest.featureCount;
  if (mean.length !== columns || scale.length !== columns || featureNames.length !== columns) {
    return `its forest takes ${columns} features, there are ${mean.length} means, ${scale.length} scales and ${featureNames.length} names`;
  }
  if (!Number.isFinite(offset)) return `its offset is ${offset}`;
  for (let i = 0; i < columns; i++) {
    if (Number.isFinite(mean[i]) && Number.isFinite(scale[i]) && scale[i] > 0) continue;
    return `the scaler's column ${i} has mean ${mean[i]} and scale ${scale[i]}`;
  }
  return undefined;
}
