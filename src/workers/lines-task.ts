import type { LinesOfWindow, WantedWindow } from '../features/core/window-lines.js';
import type { IngestTask } from './ingest-task.js';

/** Reads the files once more for the lines of chosen windows. The selection is the one the windows were made with. */
export interface LinesTask {
  readonly input: IngestTask;
  readonly wanted: readonly WantedWindow[];
  /** Lines of a window, at most. */
  readonly limit: number;
}

/** In the order of the wanted windows. */
export type LinesResult = readonly LinesOfWindow[];
