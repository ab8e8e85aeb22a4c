import { describe, expect, it } from 'vitest';
import { encodeDetectorOnnx, onnxModelType } from '../../../src/registry/onnx-codec.js';
import type {
  ColumnFamilies,
  DetectorRows,
  DetectorType,
} from '../../../src/training/core/detectors/detector.js';
import {
  scoreWithDetector,
  type FittedDetector,
} from '../../../src/training/core/detectors/fitted-detector.js';
import type { DetectorTools } from '../../../src/training/core/detectors/detector.js';
import { familiesOf, fitOn, madeUpRows, type FitOptionsOfTest } from '../../support/detector-fit.js';
import { runOnnx } from '../onnx/onnx-session.js';

const rows = madeUpRows(300);
const { columns } = rows;
const OFFSET = -0.5;
/** Outputs are float32. */
const TOLERANCE = 1e-7;
/** Scaled values as the detector is fitted on; the graph gets what they were before, and scales them itself. */
const mean = Float64Array.of(3, 0.5, 0, -1, 2);
const scale = Float64Array.of(2, 0.25, 1, 4, 0.5);

/** The training rows, rows on and beside the thresholds, and rows beyond everything; each for a known and an unknown device. */
function judged(): { raw: Float32Array; devices: Int32Array } {
  const beyond = Array.from(rows.values.subarray(0, 200), (value, i) => value * (i % 3) * 7 - (i % 5));
  const near = Array.from(rows.values.subarray(200, 600), (value, i) => value * (1 + 1e-7 * ((i % 3) - 1)));
  const raw = Float32Array.from([...rows.values, ...beyond, ...near]);
  return { raw, devices: Int32Array.from({ length: raw.length / columns }, (_, row) => (row % 3) - 1) };
}

const scaledRows = (raw: Float32Array): Float32Array =>
  raw.map((value, at) => (value - mean[at % columns]) / scale[at % columns]);

/** What the detector is fitted on: the made-up rows, scaled as the graph will. */
const fitScaled = (type: DetectorType, options: FitOptionsOfTest): ReturnType<typeof fitOn> =>
  fitOn(type, { ...rows, values: scaledRows(rows.values) }, options);

async function compare(
  { fitted, tools }: { fitted: FittedDetector; tools: DetectorTools },
  values: Pick<DetectorRows, 'raw' | 'x'>,
  devices: Int32Array,
  scaler: { mean: Float64Array; scale: Float64Array },
): Promise<{ difference: number; labels: number[]; answered: number[]; file: Uint8Array }> {
  const featureNames = Array.from({ length: columns }, (__, i) => `f${i}`);
  const meta = { offset: OFFSET, featureNames, ...scaler, forest: tools.forest };
  const file = encodeDetectorOnnx(fitted, meta);
  const expected = scoreWithDetector(fitted, values, devices.length, devices, tools);
  const answer = await runOnnx(file, Float64Array.from(values.raw), columns, devices);
  const difference = expected.map((score, row) => Math.abs(score - answer.scoreSamples[row]));
  const labels = Array.from(expected, (score) => (score - OFFSET < 0 ? -1 : 1));
  return { difference: Math.max(...difference), labels, answered: answer.labels, file };
}

const families: [string, ColumnFamilies][] = [
  ['families of columns, high values only', familiesOf([0, 0, 1, -1, 2])],
  ['every column for itself, both ways', familiesOf([0, 1, 2, 3, 4], true)],
];

const scaled: [DetectorType, string, FitOptionsOfTest][] = [
  ['isolation_forest', 'by device', {}],
  ['robust_covariance', 'by device', {}],
  ['robust_covariance', 'with one covariance for all', { calibrate: false }],
  ['local_outlier_factor', 'by device', {}],
  ['local_outlier_factor', 'as it is', { calibrate: false }],
  ['local_outlier_factor', 'with many neighbours', { params: { neighbours: 200, referenceRows: 256 } }],
];

describe('onnxruntime runs a detector as we do, for known devices and one never seen', () => {
  it.each(families)('tail_probability with %s', async (_, families) => {
    const fit = fitOn('tail_probability', rows, { families });
    const { raw, devices } = judged();
    const identity = { mean: new Float64Array(columns), scale: new Float64Array(columns).fill(1) };
    const { difference, labels, answered } = await compare(fit, { raw, x: raw }, devices, identity);
    expect(difference).toBeLessThan(TOLERANCE);
    expect(answered).toEqual(labels);
    expect(new Set(labels)).toEqual(new Set([1, -1]));
  });

  it.each(scaled)('%s %s', async (type, _, options) => {
    const fit = fitScaled(type, options);
    const { raw, devices } = judged();
    const x = scaledRows(raw);
    const { difference, labels, answered } = await compare(fit, { raw, x }, devices, { mean, scale });
    expect(difference).toBeLessThan(TOLERANCE);
    expect(answered).toEqual(labels);
    expect(new Set(labels)).toEqual(new Set([1, -1]));
  });

  it('an ensemble of all four', async () => {
    // The tail member reads the rows before scaling: here they are what the others read.
    const fit = fitOn('ensemble', rows, {});
    const { raw, devices } = judged();
    const identity = { mean: new Float64Array(columns), scale: new Float64Array(columns).fill(1) };
    const { difference, labels, answered, file } = await compare(fit, { raw, x: raw }, devices, identity);
    expect(difference).toBeLessThan(TOLERANCE);
    expect(answered).toEqual(labels);
    expect(new Set(labels)).toEqual(new Set([1, -1]));
    const { graph } = onnxModelType.toObject(onnxModelType.decode(file)) as {
      graph: { node: { output: string[] }[] };
    };
    const outputs = graph.node.flatMap(({ output }) => output);
    expect(new Set(outputs).size).toBe(outputs.length);
  });

  it('the same detector gives the same bytes', () => {
    const file = (): Uint8Array => {
      const { fitted, tools } = fitScaled('ensemble', {});
      const featureNames = ['a', 'b', 'c', 'd', 'e'];
      return encodeDetectorOnnx(fitted, { offset: OFFSET, featureNames, mean, scale, forest: tools.forest });
    };
    expect(Buffer.compare(file(), file())).toBe(0);
  });

  it('equally far and repeated references: the same neighbours count', async () => {
    // Whole numbers, three of each: nearly every distance is met by several references.
    const grid = Float32Array.from(
      { length: 600 * columns },
      (_, at) => (Math.floor(at / columns / 3) * (at % columns)) % 4,
    );
    const fit = fitOn('local_outlier_factor', { ...rows, values: grid }, { params: { neighbours: 7 } });
    const raw = Float32Array.from([...grid.subarray(0, 300), ...grid.subarray(0, 300).map((v) => v + 0.5)]);
    const devices = Int32Array.from({ length: raw.length / columns }, (_, row) => (row % 3) - 1);
    const identity = { mean: new Float64Array(columns), scale: new Float64Array(columns).fill(1) };
    const { difference, labels, answered } = await compare(fit, { raw, x: raw }, devices, identity);
    expect(difference).toBeLessThan(TOLERANCE);
    expect(answered).toEqual(labels);
  });
});
