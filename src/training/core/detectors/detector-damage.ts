import { DETECTORS } from './detector-list.js';
import type { FittedDetector } from './fitted-detector.js';
import { findLevelDamage } from './level-tables.js';

/** What is wrong with something read from a file; undefined = a detector that can be scored without an access out of range. */
export function findDetectorDamage(read: unknown): string | undefined {
  if (typeof read !== 'object' || read === null) return 'it describes no detector';
  const fitted = read as Partial<FittedDetector>;
  const detector = DETECTORS.find(({ type }) => type === fitted.type);
  if (detector === undefined) return `its type is ${JSON.stringify(fitted.type)}`;
  const { columns = 0, groupCount = 0, devices, groupOfDevice, model, levels, scale, kept } = fitted;
  if (!(isCount(columns) && isCount(groupCount))) return 'its sizes are not numbers';
  if (!Array.isArray(devices) || !devices.every((name) => typeof name === 'string'))
    return 'it names no devices';
  const placed = groupOfDevice instanceof Int32Array && groupOfDevice.length === devices.length;
  if (!placed || !groupOfDevice.every((group) => group >= 0 && group < groupCount))
    return 'a device has no group';
  const scaled = scale instanceof Float64Array && scale.length === groupCount;
  if (!scaled || !scale.every((value) => value > 0 && value < Infinity))
    return 'it lacks the scale of a group';
  if (
    !Array.isArray(kept) ||
    kept.length !== groupCount ||
    !kept.every((list) => list instanceof Float64Array)
  ) {
    return 'it lacks the training scores of a group';
  }
  if (typeof model !== 'object') return 'it has no model';
  const wrongLevels = levels && findLevelDamage(levels, groupCount);
  return wrongLevels ?? detector.findDamage(model, { columns, groupCount });
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}
