import { AppError } from '../../../shared/errors.js';
import type { Detector, DetectorType } from './detector.js';
import { ensemble } from './ensemble.js';
import { MEMBER_DETECTORS } from './member-list.js';

/** All detectors: those of member-list.ts, and what joins them. */
export const DETECTORS: readonly Detector[] = [...MEMBER_DETECTORS, ensemble];

export function detectorOf(type: DetectorType): Detector {
  const found = DETECTORS.find((detector) => detector.type === type);
  if (found !== undefined) return found;
  throw new AppError('internal', `There is no detector "${type}".`);
}
