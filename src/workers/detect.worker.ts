import type { ColumnFamilies, DetectorParams, DetectorType } from '../training/core/detectors/detector.js';
import { groupsOfRows, type DeviceGroups } from '../training/core/detectors/device-groups.js';
import { fitDetector, type FitResult } from '../training/core/detectors/fitted-detector.js';
import type { Forest } from '../training/core/forest/forest.js';
import { forestEngine } from './forest-kernel.js';
import { runTask } from './run-task.js';

/** Fits a detector on the rows (x scaled, raw not; rows x columns, row-major) and scores them. */
export interface DetectTask {
  readonly type: DetectorType;
  readonly x: Float32Array;
  readonly raw: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly families: ColumnFamilies;
  /** Row -> device of `groups`; null: the rows have no devices. */
  readonly devices: Int32Array | null;
  readonly groups: DeviceGroups;
  readonly calibrate: boolean;
  readonly params: DetectorParams;
  readonly seed: number;
  /** The forest of the version, grown on the same rows. */
  readonly forest: Forest;
}

runTask<DetectTask, FitResult>((task) => {
  const { type, x, raw, rows, columns, families, params, seed, forest, groups, calibrate } = task;
  const input = {
    x,
    raw,
    rows,
    columns,
    families,
    groups: groupsOfRows(groups, task.devices, rows),
    groupCount: groups.groupCount,
    params,
    seed,
    tools: { forest, engine: forestEngine() },
  };
  return { output: fitDetector(type, input, groups, calibrate) };
});
