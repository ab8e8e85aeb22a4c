import { describe, expect, it } from 'vitest';
import { plantedAnomalies } from '../../../../test/support/planted-anomalies.js';
import { fitPreprocessing, imputeAndClip, scaleToFloat32 } from '../../../features/core/preprocess.js';
import { groupDevices, groupsOfRows } from '../../../training/core/detectors/device-groups.js';
import { columnFamilies } from '../../../training/core/detectors/column-families.js';
import type { DetectorType } from '../../../training/core/detectors/detector.js';
import { DETECTORS } from '../../../training/core/detectors/detector-list.js';
import { fitDetector, scoreWithDetector } from '../../../training/core/detectors/fitted-detector.js';
import { createForestEngine } from '../../../training/core/forest/forest-engine.js';
import { parseForestParams, resolveForestParams } from '../../../training/core/forest/forest-params.js';
import { growTrees } from '../../../training/core/forest/grow.js';
import { contaminationOffset, isAnomaly } from '../../../training/core/threshold.js';
import { explainModel, type AnyModel } from './explain-detector.js';
import { nextFloat32 } from './value-axis.js';

const ENGINE = createForestEngine(() => null);
const PLAIN = {
  ...{ n_estimators: 40, max_samples: 128, max_features: 1, contamination: 0.03, bootstrap: false },
  random_state: 5,
};
const PARAMS = {
  tail: { tau: 2, margin: 3, trim: 0.02, blocks: 11 },
  supportFraction: null,
  neighbours: 10,
  referenceRows: 500,
  members: ['isolation_forest', 'tail_probability'] as const,
};

/** Two devices with a distribution each, calibrated. */
function trained(type: DetectorType) {
  const { x, rows, columns } = plantedAnomalies(3, 1200, 5);
  const features = Array.from({ length: columns }, (_, i) => ({
    name: `f${i}`,
    kind: 'measure' as const,
    rareEvent: false,
    clock: false,
  }));
  const preprocessing = fitPreprocessing(x, rows, columns, { impute: 'median', clip: 'none' }, features);
  const prepare = (values: Float32Array): { x: Float32Array; raw: Float32Array } => {
    const clean = values.slice();
    const count = values.length / columns;
    imputeAndClip(values, count, columns, preprocessing, clean);
    const scaled = new Float32Array(values.length);
    scaleToFloat32(clean, count, columns, preprocessing, scaled);
    return { x: scaled, raw: clean };
  };
  const devices = Int32Array.from({ length: rows }, (_, row) => row % 2);
  const prepared = prepare(x);
  const params = resolveForestParams(parseForestParams(PLAIN), rows, columns);
  const forest = growTrees(prepared.x, rows, columns, params, 0, params.nEstimators);
  const tools = { forest, engine: ENGINE };
  const groups = groupDevices(['a', 'b'], devices, 500);
  const { fitted, scores } = fitDetector(
    type,
    {
      ...{ ...prepared, rows, columns, params: PARAMS, seed: 1, tools },
      groups: groupsOfRows(groups, devices, rows),
      groupCount: groups.groupCount,
      families: columnFamilies(features),
    },
    groups,
    true,
  );
  const offset = contaminationOffset(scores, 0.03);
  const model: AnyModel = { forest, preprocessing, offset, features, detector: fitted };
  const scoreOf = (values: Float32Array, device: number): number =>
    -scoreWithDetector(fitted, prepare(values), 1, Int32Array.of(device), tools)[0];
  return { model, x, rows, columns, devices, scoreOf };
}

describe.each(DETECTORS.map(({ type }) => type))('explanations of %s', (type) => {
  const { model, x, rows, columns, devices, scoreOf } = trained(type);
  const rowOf = (row: number): Float32Array => x.slice(row * columns, (row + 1) * columns);
  const flagged = Array.from({ length: rows }, (_, row) => row).filter((row) =>
    isAnomaly(-scoreOf(rowOf(row), devices[row]), model.offset),
  );

  it('add up to the score of the row on its device, whatever number of features is shown', () => {
    expect(flagged.length).toBeGreaterThan(10);
    for (const count of [1, columns]) {
      const found = explainModel(model, { values: x, rows: flagged, devices }, count, ENGINE);
      for (const [i, { score, base_score: base, top, other_contribution: other }] of found.entries()) {
        expect(score).toBe(scoreOf(rowOf(flagged[i]), devices[flagged[i]]));
        const shown = top.reduce((sum, { contribution }) => sum + contribution, 0);
        expect(base + shown + other).toBeCloseTo(score, 12);
        // What is not shown is small when everything is: the sum is no trick of the remainder.
        if (count === columns) expect(other).toBeLessThan(1e-9);
        expect(top.length).toBeGreaterThan(0);
      }
    }
  });

  it('suggest values that are normal, where the next float32 on the way is not', () => {
    const found = explainModel(model, { values: x, rows: flagged, devices }, columns, ENGINE);
    let checked = 0;
    for (const [i, { top }] of found.entries()) {
      const row = flagged[i];
      for (const { feature, value, nearest_normal: nearest } of top) {
        if (nearest === null || value === null) continue;
        const column = Number(feature.slice(1));
        const at = (changed: number): number => {
          const values = rowOf(row);
          values[column] = changed;
          return scoreOf(values, devices[row]);
        };
        expect(at(nearest.value)).toBe(nearest.score);
        expect(isAnomaly(-nearest.score, model.offset)).toBe(false);
        const further = value > nearest.value ? nextFloat32(nearest.value) : -nextFloat32(-nearest.value);
        expect(isAnomaly(-at(further), model.offset)).toBe(true);
        checked++;
      }
    }
    expect(checked > 3).toBe(type === 'isolation_forest' || type === 'tail_probability');
  });
});
