import { describe, expect, it } from 'vitest';
import { fitOn, madeUpRows } from '../../../../test/support/detector-fit.js';
import { percentileSorted } from '../../../shared/stats.js';
import { decodeDetector, encodeDetector } from './codec.js';
import { columnFamilies } from './column-families.js';
import { DETECTOR_TYPES } from './detector.js';
import { deviceNumbers, groupDevices } from './device-groups.js';
import { confidenceOf, explainRow, scoreWithDetector } from './fitted-detector.js';

const rows = madeUpRows(300);
const { columns, devices } = rows;
const count = devices.length;
const all = { x: rows.values, raw: rows.values };

/** A row with the values of nobody. */
const strange = Float32Array.of(400, 90, 8, 9, 3);
const strangeRow = { x: strange, raw: strange };

describe.each(DETECTOR_TYPES)('%s', (type) => {
  const { fitted, served, scores, tools } = fitOn(type, rows);
  const score = (device: number): number =>
    -scoreWithDetector(fitted, strangeRow, 1, Int32Array.of(device), tools)[0];

  it('scores 0..1, the unusual above all training rows of either device', () => {
    const human = served.map((value) => -value);
    expect(Math.min(...human)).toBeGreaterThanOrEqual(0);
    for (const device of [0, 1]) {
      expect(score(device)).toBeGreaterThan(Math.max(...human.filter((_, row) => devices[row] === device)));
      expect(score(device)).toBeLessThan(1);
    }
  });

  it('serves the scores it was fitted with, also out of its file and in any portion', () => {
    const bytes = encodeDetector(fitted);
    expect(encodeDetector(decodeDetector(bytes))).toEqual(bytes);
    const back = decodeDetector(bytes);
    expect(scoreWithDetector(back, all, count, devices, tools)).toEqual(served);
    const from = 123;
    const part = rows.values.subarray(from * columns);
    const tail = scoreWithDetector(back, { x: part, raw: part }, count - from, devices.subarray(from), tools);
    expect(tail).toEqual(served.subarray(from));
  });

  it('is the same when fitted again', () => {
    expect(encodeDetector(fitOn(type, rows).fitted)).toEqual(encodeDetector(fitted));
  });

  it('takes the shared calibration for a device it does not know', () => {
    const shared = scoreWithDetector(fitted, all, count, null, tools);
    const unknown = scoreWithDetector(fitted, all, count, new Int32Array(count).fill(-1), tools);
    expect(unknown).toEqual(shared);
    expect(shared).not.toEqual(served);
  });

  it('says of every column what it adds, and these add up to the raw score', () => {
    for (const row of [0, 7, 250]) {
      const values = rows.values.subarray(row * columns, (row + 1) * columns);
      const { raw, contributions } = explainRow(fitted, { x: values, raw: values }, devices[row], tools);
      expect(contributions).toHaveLength(columns);
      expect(contributions.reduce((sum, value) => sum + value, 0)).toBeCloseTo(raw, 9);
    }
  });

  it('gives a confidence that a normal row exceeds as often as it says', () => {
    // Conformal: of the training rows themselves a tenth lies above 0.9, give or take the ties.
    const own = scores.map((value, row) => confidenceOf(fitted, -value, devices[row]));
    const tenth = own.filter((value) => value > 0.9).length / count;
    expect(tenth).toBeLessThanOrEqual(0.101);
    expect(confidenceOf(fitted, 1, 0)).toBeCloseTo(300 / 301, 12);
    expect(confidenceOf(fitted, 0, -1)).toBeGreaterThanOrEqual(0);
    const ordered = Array.from(own).sort((a, b) => a - b);
    expect(percentileSorted(ordered, 100)).toBeLessThan(1);
  });

  it('refuses a file with a flipped bit anywhere, and one that is cut off', () => {
    const bytes = encodeDetector(fitted);
    for (const at of [0, 5, 9, 13, 17, 40, bytes.length - 9]) {
      const damaged = bytes.slice();
      damaged[at] ^= 4;
      expect(() => decodeDetector(damaged), `byte ${at}`).toThrowError(/detector file is damaged/);
    }
    expect(() => decodeDetector(bytes.subarray(0, 20))).toThrowError(/20 bytes/);
    expect(() => decodeDetector(bytes.subarray(0, bytes.length - 8))).toThrowError(/header says/);
  });
});

describe('a file that was made to be wrong', () => {
  const { fitted } = fitOn('tail_probability', rows);
  const wrong =
    (change: object): (() => unknown) =>
    () =>
      decodeDetector(encodeDetector({ ...fitted, ...change }));
  const { model } = fitted;

  it.each([
    ['a group that is not there', { groupOfDevice: Int32Array.of(1, 9) }, /a device has no group/],
    ['no scale', { scale: new Float64Array(fitted.groupCount) }, /lacks the scale/],
    ['an unknown type', { type: 'oracle' }, /its type is "oracle"/],
    ['a column out of range', { model: { ...model, columns: Int32Array.of(0, 1, 2, 3, 99) } }, /not there/],
    [
      'tables that end early',
      { model: { ...model, thresholds: new Float32Array(3) } },
      /do not have their lengths/,
    ],
    [
      'a surprise that is no number',
      { model: { ...model, values: nanIn(model.values as Float64Array) } },
      /surprise/,
    ],
  ])('with %s is refused', (_, change, message) => {
    expect(wrong(change)).toThrowError(message);
  });

  function nanIn(values: Float64Array): Float64Array {
    const copy = values.slice();
    copy[2] = NaN;
    return copy;
  }
});

describe('devices', () => {
  it('have a distribution of their own from the smallest number of rows on', () => {
    const names = ['a', 'b', 'c'];
    const rowDevices = Int32Array.of(0, 0, 0, 1, 1, 2, -1);
    expect([...groupDevices(names, rowDevices, 2).groupOfDevice]).toEqual([1, 2, 0]);
    expect(groupDevices(names, rowDevices, 2).groupCount).toBe(3);
    expect(groupDevices(['*'], new Int32Array(9), 2).groupCount).toBe(1);
  });

  it('of another input are found by name', () => {
    expect([...deviceNumbers(['a', 'b'], ['b', 'x', 'a'], Int32Array.of(0, 1, 2, 2))]).toEqual([1, -1, 0, 0]);
  });
});

describe('families of columns', () => {
  const plain = { kind: 'count', clock: false };

  it('are the evidence groups where there are any; other columns are not used', () => {
    const families = columnFamilies([
      plain,
      { ...plain, evidence: 'link' },
      { ...plain, evidence: 'auth' },
      { ...plain, evidence: 'link' },
    ]);
    expect([...families.familyOfColumn]).toEqual([-1, 0, 1, 0]);
    expect(families).toMatchObject({ familyCount: 2, twoSided: false });
  });

  it('are every column but clock and codes, both ways, where nothing is known', () => {
    const families = columnFamilies([
      plain,
      { ...plain, clock: true },
      { ...plain, kind: 'categorical' },
      plain,
    ]);
    expect([...families.familyOfColumn]).toEqual([0, -1, -1, 1]);
    expect(families).toMatchObject({ familyCount: 2, twoSided: true });
  });
});
