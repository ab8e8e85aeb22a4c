import { calibratedForest } from './calibrated-forest.js';
import type { Detector } from './detector.js';
import { localOutlierFactor } from './local-outlier-factor.js';
import { robustCovariance } from './robust-covariance.js';
import { tailProbability } from './tail-probability.js';

/** Every detector that stands on its own. A new one is a file beside this one and an entry here. */
export const MEMBER_DETECTORS: readonly Detector[] = [
  calibratedForest,
  tailProbability,
  robustCovariance,
  localOutlierFactor,
];
