import { cleanName } from './field-decoder.js';
import { normaliseLevel } from './log-level.js';
import type { RecordNames } from './name-table.js';

/** The field holds no name: the next alias is looked at. */
export const NO_NAME = -2;
/** The name cannot be used as it stands. */
export const BAD_NAME = -1;

const MAX_DEVICE_CHARS = 256;
const MAX_PROGRAM_CHARS = 128;

/** Number of the device of that (cleaned) name; {@link NO_NAME} for '', {@link BAD_NAME} when it is too long. */
export function deviceId(names: RecordNames, name: string): number {
  if (name === '') return NO_NAME;
  return name.length > MAX_DEVICE_CHARS ? BAD_NAME : names.devices.id(name);
}

/** A program name without its process id: with it, each restart would make a program of its own. */
export function withoutProcessId(name: string): string {
  return name.endsWith(']') ? name.replace(/\[\d+\]$/, '') : name;
}

/** Number of a program; long names are cut. */
export function programId(names: RecordNames, name: string): number {
  return names.programs.id(name.length > MAX_PROGRAM_CHARS ? name.slice(0, MAX_PROGRAM_CHARS) : name);
}

/** Names the compiled scanner asks for when it meets their bytes for the first time. */
export const NAME_KINDS = { device: 0, program: 1, level: 2 } as const;

/**
 * Number of a name as written: a device, a program, or a level (its severity, and the bits of its spelling).
 * {@link NO_NAME} when nothing is left of it, {@link BAD_NAME} when the record needs a closer look (too long, only a
 * process id, unknown level).
 */
export function nameId(
  names: RecordNames,
  kind: number,
  text: string,
  levelBits: (text: string) => number,
): number {
  const name = cleanName(text);
  if (kind === NAME_KINDS.device) return deviceId(names, name);
  if (name === '') return NO_NAME;
  if (kind === NAME_KINDS.level) {
    const level = normaliseLevel(name);
    return level < 0 ? BAD_NAME : level | levelBits(name);
  }
  const program = withoutProcessId(name);
  return program === '' ? BAD_NAME : programId(names, program);
}
