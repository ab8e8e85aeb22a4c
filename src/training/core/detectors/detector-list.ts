import { AppError } from '../../../shared/errors.js';
import { calibratedForest } from './calibrated-forest.js';
import type { Detector, DetectorType } from './detector.js';
import { tailProbability } from './tail-probability.js';

/** Every detector that stands on its own. A new one is a file beside this one and an entry here. */
export const DETECTORS: readonly Detector[] = [calibratedForest, tailProbability];

export function detectorOf(type: DetectorType): Detector {
  const found = DETECTORS.find((detector) => detector.type === type);
  if (found !== undefined) return found;
  throw new AppError('internal', `There is no detector "${type}".`);
}
