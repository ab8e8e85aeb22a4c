import type { FeatureBasis } from '../features/core/feature-set.js';
import { AppError } from '../shared/errors.js';
import { temporalSplit } from '../training/core/split.js';
import type { IngestTask } from './ingest-task.js';

/** Windows on each side of a border between two parts that no part has. */
export const GAP_WINDOWS = 1;

/** What the features of a task may learn from: a state that is given, or the training part of the input. */
export function featureBasis({ state, training, window }: IngestTask): FeatureBasis {
  if (state != null) return { state };
  if (training === undefined) return { trainingWindows: ({ length }) => length };
  return {
    trainingWindows: (starts) => {
      try {
        const { lengthSeconds: windowSeconds, strideSeconds } = window;
        const options = { ...training, gapWindows: GAP_WINDOWS, windowSeconds, strideSeconds };
        return temporalSplit(starts, options).train.length;
      } catch (error) {
        // Too short to be split: whoever trains on it is told so, with what was found in it.
        if (error instanceof AppError) return starts.length;
        throw error;
      }
    },
  };
}
