import type { TimeRange } from '../../training/core/split.js';
import type { EpisodeWindows } from './episodes.js';
import type { Matrix } from './gate/gate-check.js';
import type { HoldoutLabels } from './real-label-report.js';

/** One fold, rows as the extractor gave them (NaN = missing). */
export interface FoldRows {
  /** The rows the model is fitted on: the past, or an even sample of it. */
  readonly train: Matrix;
  /** Device of each of these rows, as in `windows`. */
  readonly trainDevices: Int32Array;
  readonly trainRange: TimeRange;
  /** Rows of the past before sampling. */
  readonly trainRows: number;
  /** The rows it is judged on: the next block, or a part of it. */
  readonly test: Matrix;
  readonly testRange: TimeRange;
  readonly testRows: number;
  /** Of the judged rows, in their order. */
  readonly windows: EpisodeWindows;
  readonly labels: HoldoutLabels | null;
}
