import { message, number, packedFloats, packedInts } from './proto-bytes.js';

/** What LinkedIn's converter writes, built by hand: float lists, an averaging operator, `<`, a positive threshold. */
export function averagingModel(threshold: number): Buffer {
  const c = (n: number): number => 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n;
  const ints = (key: string, values: readonly number[]) =>
    message(5, message(1, key), packedInts(8, values), number(20, 7));
  const floats = (key: string, values: readonly number[]) =>
    message(5, message(1, key), packedFloats(7, values), number(20, 6));
  const text = (key: string, value: string) => message(5, message(1, key), message(4, value), number(20, 3));
  const node = (op: string, inputs: readonly string[], output: string, ...attributes: Buffer[]) =>
    message(1, ...inputs.map((name) => message(1, name)), message(2, output), message(4, op), ...attributes);
  const constant = (output: string, value: number) =>
    node(
      'Constant',
      [],
      output,
      message(
        5,
        message(1, 'value'),
        message(5, number(2, 1), packedFloats(4, [value]), message(8, output)),
        number(20, 4),
      ),
    );
  const modes = ['BRANCH_LT', 'LEAF', 'LEAF', 'BRANCH_LT', 'LEAF', 'LEAF'];
  const ensemble = node(
    'TreeEnsembleRegressor',
    ['features'],
    'path',
    text('aggregate_function', 'AVERAGE'),
    message(5, message(1, 'n_targets'), number(3, 1), number(20, 2)),
    ints('nodes_treeids', [0, 0, 0, 1, 1, 1]),
    ints('nodes_nodeids', [0, 1, 2, 0, 1, 2]),
    ints('nodes_featureids', [1, -1, -1, 0, -1, -1]),
    message(5, message(1, 'nodes_modes'), ...modes.map((mode) => message(9, mode)), number(20, 8)),
    ints('nodes_truenodeids', [1, -1, -1, 1, -1, -1]),
    ints('nodes_falsenodeids', [2, -1, -1, 2, -1, -1]),
    floats('nodes_values', [0.5, 0, 0, -2, 0, 0]),
    floats('nodes_hitrates', [1, 1, 1, 1, 1, 1]),
    ints('target_treeids', [0, 0, 1, 1]),
    ints('target_nodeids', [1, 2, 1, 2]),
    ints('target_ids', [0, 0, 0, 0]),
    floats('target_weights', [1 + 0, 1 + c(7), 1 + 1, 1 + c(6)]),
    text('post_transform', 'NONE'),
    message(7, 'ai.onnx.ml'),
  );
  const matrix = message(
    11,
    message(1, 'features'),
    message(2, message(1, number(1, 1), message(2, message(1, message(2, 'N')), message(1, number(1, 2))))),
  );
  const graph = message(
    7,
    ensemble,
    constant('avg_path_len', c(8)),
    node('Div', ['path', 'avg_path_len'], 'normalised'),
    node('Neg', ['normalised'], 'exponent'),
    constant('two', 2),
    constant('threshold', threshold),
    node('Pow', ['two', 'exponent'], 'outlier_score'),
    node('Less', ['outlier_score', 'threshold'], 'less'),
    node('Not', ['less'], 'outlier'),
    node('Cast', ['outlier'], 'predicted_label', message(5, message(1, 'to'), number(3, 6), number(20, 2))),
    matrix,
    message(12, message(1, 'outlier_score')),
    message(12, message(1, 'predicted_label')),
  );
  return Buffer.concat([
    number(1, 10),
    graph,
    message(8, message(1, 'ai.onnx.ml'), number(2, 1)),
    message(8, number(2, 14)),
  ]);
}
