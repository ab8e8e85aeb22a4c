import { ONNX_TYPE } from './onnx-model.js';
import { type EnsembleTrees, readEnsemble } from './onnx-read-ensemble.js';
import type { ReadModel, ReadNode, ReadTensor, ReadValueInfo } from './onnx-read-message.js';
import { onnxRefused } from './onnx-read-wire.js';
import { tensorValues } from './onnx-read-tensor.js';

/** What a graph computes, when it computes an Isolation Forest. */
export interface GraphMeaning {
  readonly trees: EnsembleTrees;
  /** Length F; 0 and 1 when the graph does not scale. */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** What the operator's result is divided by. */
  readonly divisor: number;
  /** scikit-learn's `offset_`. */
  readonly offset: number;
}

/** Columns: far more than a feature set has; a tree stores the list of its columns. */
const MAX_FEATURES = 1024;
const INT32 = 6;

/**
 * What a name in the graph stands for. `sign` -1 is scikit-learn's direction (lower = more anomalous).
 *
 * - rows: the input, scaled and rounded or not yet; path: the operator's result; exponent: sign x path / divisor
 * - score: sign x 2^-(path / divisor); decision: score_samples - offset; flag: true = anomaly, or true = normal
 */
type Meaning =
  | { readonly kind: 'constant'; readonly tensor: ReadTensor }
  | (Rows & { readonly kind: 'rows' })
  | { readonly kind: 'path' }
  | { readonly kind: 'exponent'; readonly sign: 1 | -1 }
  | { readonly kind: 'score'; readonly sign: 1 | -1 }
  | { readonly kind: 'decision' }
  | { readonly kind: 'flag'; readonly whenAnomaly: boolean }
  | { readonly kind: 'label' };

interface Rows {
  readonly isFloat: boolean;
  readonly mean: Float64Array | null;
  readonly scale: Float64Array | null;
  /** Went through float32, as every row does before it meets a tree. */
  readonly rounded: boolean;
}

/**
 * Follows the graph from its input to its outputs and says what it computes. Understood are the graph that
 * `buildOnnxModel` writes and its relatives: no scaler, an averaging operator, a positive score with a threshold.
 *
 * @throws AppError `validation_failed` naming the operator that has no place in an Isolation Forest
 */
export function readOnnxGraph(model: ReadModel): GraphMeaning {
  checkOpsets(model);
  return new GraphReader(model).read();
}

function checkOpsets({ opsets }: ReadModel): void {
  const base = opsets.get('') ?? 0;
  if (base < 7) throw onnxRefused(`it asks for version ${base} of the operators ai.onnx, at least 7 is read`);
  const trees = opsets.get('ai.onnx.ml') ?? 0;
  // In version 5 another operator took the trees over.
  if (trees < 1 || trees > 4)
    throw onnxRefused(`it asks for version ${trees} of ai.onnx.ml, 1 to 4 are read`);
}

class GraphReader {
  private readonly known = new Map<string, Meaning>();
  private trees: EnsembleTrees | undefined;
  private rows: Rows | undefined;
  private divisor: number | undefined;
  private offset: number | undefined;
  private readonly featureCount: number;

  constructor(private readonly model: ReadModel) {
    for (const [name, tensor] of model.constants) this.known.set(name, { kind: 'constant', tensor });
    const inputs = model.inputs.filter(({ name }) => !model.constants.has(name));
    if (inputs.length !== 1) throw onnxRefused(`it has ${inputs.length} inputs, expected one matrix`);
    const [input] = inputs;
    this.featureCount = columnsOf(input);
    const isFloat = input.elementType === ONNX_TYPE.float;
    this.known.set(input.name, { kind: 'rows', isFloat, mean: null, scale: null, rounded: isFloat });
  }

  read(): GraphMeaning {
    for (const node of this.model.nodes) {
      if (node.outputs.length !== 1)
        throw onnxRefused(`the operator ${node.opType} has ${node.outputs.length} outputs`);
      const [output] = node.outputs;
      if (this.known.has(output)) throw onnxRefused(`"${output}" is computed twice`);
      this.known.set(output, this.meaningOf(node));
    }
    for (const output of this.model.outputs) this.lookUp(output);
    const { trees, rows, divisor, offset, featureCount } = this;
    if (trees === undefined || rows === undefined) throw onnxRefused('it has no TreeEnsembleRegressor');
    if (divisor === undefined) throw onnxRefused('it does not turn the path length into a score');
    if (offset === undefined) throw onnxRefused('it has no threshold');
    return {
      trees,
      mean: rows.mean ?? new Float64Array(featureCount),
      scale: rows.scale ?? new Float64Array(featureCount).fill(1),
      divisor,
      offset,
    };
  }

  private meaningOf(node: ReadNode): Meaning {
    const { opType, domain, inputs } = node;
    if (domain === 'ai.onnx.ml' && opType === 'TreeEnsembleRegressor') return this.ensemble(node);
    if (domain !== '')
      throw onnxRefused(`the operator ${domain}.${opType} has no place in an Isolation Forest`);
    const [a, b, c] = inputs.map((input) => this.lookUp(input));
    const meaning = this.standardOperator(node, a, b, c);
    if (meaning !== undefined) return meaning;
    const kinds = [a, b, c].slice(0, inputs.length).map(({ kind }) => kind);
    throw onnxRefused(`the operator ${opType}(${kinds.join(', ')}) has no place in an Isolation Forest`);
  }

  private standardOperator(
    node: ReadNode,
    a: Meaning | undefined,
    b: Meaning | undefined,
    c: Meaning | undefined,
  ): Meaning | undefined {
    switch (node.opType) {
      case 'Constant':
        return constantOf(node);
      case 'Cast':
        return a && this.cast(a, node.attributes.get('to')?.i ?? 0);
      case 'Sub':
        return a && b && this.subtract(a, b);
      case 'Div':
        return a && b && this.divide(a, b);
      case 'Neg':
        return a && negate(a);
      case 'Pow':
        return a && b && this.power(a, b);
      case 'Less':
        return a && b && this.less(a, b);
      case 'Not':
        return a?.kind === 'flag' ? { kind: 'flag', whenAnomaly: !a.whenAnomaly } : undefined;
      case 'Where':
        return a && b && c && where(a, b, c);
      default:
        return undefined;
    }
  }

  private lookUp(name: string): Meaning {
    const meaning = this.known.get(name);
    if (meaning === undefined) throw onnxRefused(`"${name}" is used before it is computed`);
    return meaning;
  }

  private ensemble(node: ReadNode): Meaning {
    if (this.trees !== undefined) throw onnxRefused('it has more than one TreeEnsembleRegressor');
    const rows = this.lookUp(node.inputs.at(0) ?? '');
    if (rows.kind !== 'rows' || node.inputs.length !== 1) {
      throw onnxRefused('its TreeEnsembleRegressor does not read the input');
    }
    if (!rows.rounded) throw onnxRefused('its trees compare values that were not rounded to float32 before');
    this.rows = rows;
    this.trees = readEnsemble(node, this.featureCount);
    return { kind: 'path' };
  }

  private cast(value: Meaning, to: number): Meaning | undefined {
    if (value.kind === 'flag') return to === INT32 || to === ONNX_TYPE.int64 ? { kind: 'label' } : undefined;
    if (to !== ONNX_TYPE.float && to !== ONNX_TYPE.double) return undefined;
    if (value.kind === 'constant' || value.kind === 'label') return undefined;
    if (value.kind !== 'rows') return value;
    const isFloat = to === ONNX_TYPE.float;
    return { ...value, isFloat, rounded: value.rounded || isFloat };
  }

  private subtract(a: Meaning, b: Meaning): Meaning | undefined {
    if (b.kind !== 'constant') return undefined;
    if (a.kind === 'score' && a.sign === -1) {
      this.setOffset(scalar(b.tensor));
      return { kind: 'decision' };
    }
    // In float32 the difference would be another number than the one computed here.
    if (a.kind !== 'rows' || a.isFloat || a.mean !== null || a.scale !== null) return undefined;
    return { ...a, mean: this.perColumn(b.tensor) };
  }

  private divide(a: Meaning, b: Meaning): Meaning | undefined {
    if (b.kind !== 'constant') return undefined;
    if (a.kind === 'path') {
      const divisor = scalar(b.tensor);
      if (this.divisor !== undefined || !Number.isFinite(divisor) || divisor === 0) return undefined;
      this.divisor = Math.abs(divisor);
      return { kind: 'exponent', sign: divisor > 0 ? 1 : -1 };
    }
    if (a.kind !== 'rows' || a.isFloat || a.scale !== null) return undefined;
    const scale = this.perColumn(b.tensor);
    if (!scale.every((factor) => factor > 0))
      throw onnxRefused('its scaler divides by a number that is not positive');
    return { ...a, scale };
  }

  private power(base: Meaning, exponent: Meaning): Meaning | undefined {
    if (base.kind !== 'constant' || exponent.kind !== 'exponent') return undefined;
    if (scalar(base.tensor) !== 2 || exponent.sign !== -1) return undefined;
    return { kind: 'score', sign: 1 };
  }

  private less(a: Meaning, b: Meaning): Meaning | undefined {
    if (b.kind !== 'constant') return undefined;
    const limit = scalar(b.tensor);
    if (a.kind === 'decision') return limit === 0 ? { kind: 'flag', whenAnomaly: true } : undefined;
    if (a.kind !== 'score') return undefined;
    if (a.sign === -1) {
      this.setOffset(limit);
      return { kind: 'flag', whenAnomaly: true };
    }
    // Not less than the threshold = an anomaly; with the sign turned, less than the next number above -threshold.
    this.setOffset(nextUp(-limit));
    return { kind: 'flag', whenAnomaly: false };
  }

  private setOffset(offset: number): void {
    if (!Number.isFinite(offset)) throw onnxRefused(`its threshold is ${offset}`);
    if (this.offset !== undefined && this.offset !== offset) throw onnxRefused('it has two thresholds');
    this.offset = offset;
  }

  private perColumn(tensor: ReadTensor): Float64Array {
    const values = tensorValues(tensor, `the constant "${tensor.name}"`);
    const { featureCount } = this;
    if (values.length !== 1 && values.length !== featureCount) {
      throw onnxRefused(
        `the constant "${tensor.name}" has ${values.length} numbers for ${featureCount} columns`,
      );
    }
    if (!values.every(Number.isFinite)) throw onnxRefused(`the constant "${tensor.name}" is not finite`);
    return values.length === featureCount ? values : new Float64Array(featureCount).fill(values[0]);
  }
}

function columnsOf({ name, elementType, dims }: ReadValueInfo): number {
  if (elementType !== ONNX_TYPE.float && elementType !== ONNX_TYPE.double) {
    throw onnxRefused(`its input "${name}" has the data type ${elementType}, expected float or double`);
  }
  const columns = dims.length === 2 ? dims[1] : null;
  if (columns !== null && columns >= 1 && columns <= MAX_FEATURES) return columns;
  throw onnxRefused(`its input "${name}" is no matrix of 1 to ${MAX_FEATURES} columns`);
}

function constantOf({ attributes, outputs: [name] }: ReadNode): Meaning | undefined {
  const tensor = attributes.get('value')?.t;
  return tensor && { kind: 'constant', tensor: { ...tensor, name } };
}

function scalar(tensor: ReadTensor): number {
  const values = tensorValues(tensor, `the constant "${tensor.name}"`);
  if (values.length === 1) return values[0];
  throw onnxRefused(`the constant "${tensor.name}" has ${values.length} numbers, expected one`);
}

function negate(value: Meaning): Meaning | undefined {
  if (value.kind !== 'exponent' && value.kind !== 'score') return undefined;
  return { kind: value.kind, sign: value.sign === 1 ? -1 : 1 };
}

/** Where(is_anomaly, -1, 1), or the other way round. */
function where(condition: Meaning, a: Meaning, b: Meaning): Meaning | undefined {
  if (condition.kind !== 'flag' || a.kind !== 'constant' || b.kind !== 'constant') return undefined;
  const [anomaly, normal] = condition.whenAnomaly ? [a, b] : [b, a];
  return scalar(anomaly.tensor) === -1 && scalar(normal.tensor) === 1 ? { kind: 'label' } : undefined;
}

const bits = new DataView(new ArrayBuffer(8));

/** The smallest double above a finite one. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}
