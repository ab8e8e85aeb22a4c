import { describe, expect, it } from 'vitest';
import { encodeDetectorOnnx } from '../../../src/registry/onnx-codec.js';
import type { ColumnFamilies } from '../../../src/training/core/detectors/detector.js';
import { scoreWithDetector } from '../../../src/training/core/detectors/fitted-detector.js';
import { familiesOf, fitOn, madeUpRows } from '../../support/detector-fit.js';
import { runOnnx } from '../onnx/onnx-session.js';

const rows = madeUpRows(300);
const { columns } = rows;
const OFFSET = -0.5;
/** Outputs are float32. */
const TOLERANCE = 1e-7;

/** The training rows, rows on and beside the thresholds, and rows beyond everything; each for a known and an unknown device. */
function judged(): { values: Float32Array; devices: Int32Array } {
  const beyond = Array.from(rows.values.subarray(0, 200), (value, i) => value * (i % 3) * 7 - (i % 5));
  const near = Array.from(rows.values.subarray(200, 600), (value, i) => value * (1 + 1e-7 * ((i % 3) - 1)));
  const values = Float32Array.from([...rows.values, ...beyond, ...near]);
  return { values, devices: Int32Array.from({ length: values.length / columns }, (_, row) => (row % 3) - 1) };
}

const sets: [string, ColumnFamilies][] = [
  ['families of columns, high values only', familiesOf([0, 0, 1, -1, 2])],
  ['every column for itself, both ways', familiesOf([0, 1, 2, 3, 4], true)],
];

describe('onnxruntime runs the tail detector', () => {
  it.each(sets)('with %s: the same scores and labels', async (_, families) => {
    const { fitted, tools } = fitOn('tail_probability', rows, { families });
    const featureNames = Array.from({ length: columns }, (__, i) => `f${i}`);
    const model = encodeDetectorOnnx(fitted, { offset: OFFSET, featureNames })!;
    const { values, devices } = judged();
    const expected = scoreWithDetector(fitted, { x: values, raw: values }, devices.length, devices, tools);
    const answer = await runOnnx(model, Float64Array.from(values), columns, devices);
    const difference = expected.map((score, row) => Math.abs(score - answer.scoreSamples[row]));
    expect(Math.max(...difference)).toBeLessThan(TOLERANCE);
    const labels = Array.from(expected, (score) => (score - OFFSET < 0 ? -1 : 1));
    expect(answer.labels).toEqual(labels);
    expect(new Set(labels)).toEqual(new Set([1, -1]));
  });
});
