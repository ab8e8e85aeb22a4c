import { createRng, nextFloat } from '../../src/shared/rng.js';
import type {
  ColumnFamilies,
  DetectorFit,
  DetectorType,
} from '../../src/training/core/detectors/detector.js';
import { groupDevices, groupsOfRows, noGroups } from '../../src/training/core/detectors/device-groups.js';
import { fitDetector, type FitResult } from '../../src/training/core/detectors/fitted-detector.js';
import { PLAIN_FOREST_ENGINE } from '../../src/training/core/forest/forest-engine.js';
import { parseForestParams, resolveForestParams } from '../../src/training/core/forest/forest-params.js';
import { growTrees } from '../../src/training/core/forest/grow.js';

export interface DetectorRowsOfTest {
  /** rows x columns; taken as scaled and as raw. */
  readonly values: Float32Array;
  readonly columns: number;
  /** Row -> device. */
  readonly devices: Int32Array;
  readonly names: readonly string[];
}

export const DETECTOR_PARAMS: DetectorFit['params'] = {
  tail: { tau: 2, margin: 3, trim: 0.02, blocks: 11 },
  supportFraction: null,
  neighbours: 20,
  referenceRows: 256,
  members: ['isolation_forest', 'tail_probability', 'robust_covariance', 'local_outlier_factor'],
};

/** Two devices with levels of their own, five columns: counts, a share, a normal one and a constant. */
export function madeUpRows(perDevice: number, seed = 3): DetectorRowsOfTest {
  const rng = createRng(seed);
  const columns = 5;
  const rows = 2 * perDevice;
  const values = new Float32Array(rows * columns);
  const devices = Int32Array.from({ length: rows }, (_, row) => row % 2);
  for (let row = 0; row < rows; row++) {
    const level = devices[row] === 0 ? 1 : 10;
    const normal = Math.sqrt(-2 * Math.log(1 - nextFloat(rng))) * Math.cos(2 * Math.PI * nextFloat(rng));
    const cells = [
      Math.floor(level * 3 * nextFloat(rng)),
      level * nextFloat(rng) ** 2,
      nextFloat(rng),
      normal,
      1,
    ];
    values.set(cells, row * columns);
  }
  return { values, columns, devices, names: ['ap-1', 'ap-2'] };
}

export function familiesOf(families: readonly number[], twoSided = false): ColumnFamilies {
  return { familyOfColumn: Int32Array.from(families), familyCount: Math.max(...families) + 1, twoSided };
}

export interface FitOptionsOfTest {
  readonly families?: ColumnFamilies;
  readonly minRows?: number;
  readonly calibrate?: boolean;
  readonly params?: Partial<DetectorFit['params']>;
}

/** A detector fitted on the rows, and the tools to score with it. */
export function fitOn(
  type: DetectorType,
  { values, columns, devices, names }: DetectorRowsOfTest,
  { families, minRows = 100, calibrate = true, params = {} }: FitOptionsOfTest = {},
): FitResult & { readonly tools: DetectorFit['tools'] } {
  const rows = devices.length;
  const groups = calibrate ? groupDevices(names, devices, minRows) : noGroups(names);
  const forestParams = resolveForestParams(
    parseForestParams({
      n_estimators: 25,
      max_samples: 'auto',
      contamination: 'auto',
      max_features: 1,
      bootstrap: false,
      random_state: 1,
    }),
    rows,
    columns,
  );
  const forest = growTrees(values, rows, columns, forestParams, 0, 25);
  const tools = { forest, engine: PLAIN_FOREST_ENGINE };
  const input: DetectorFit = {
    x: values,
    raw: values,
    rows,
    columns,
    groups: groupsOfRows(groups, devices, rows),
    groupCount: groups.groupCount,
    families: families ?? familyEach(columns),
    params: { ...DETECTOR_PARAMS, ...params },
    seed: 11,
    tools,
  };
  return { ...fitDetector(type, input, groups, calibrate), tools };
}

const familyEach = (columns: number): ColumnFamilies =>
  familiesOf(
    Array.from({ length: columns }, (_, column) => column),
    true,
  );
