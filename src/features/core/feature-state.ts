import { AppError } from '../../shared/errors.js';

/** What one device was like in training. Times are whole seconds since the epoch, addresses twelve hexadecimal digits. */
export interface DeviceState {
  /** When each client got on for the first time, and each access point was first contacted by the device as a client. */
  readonly joined: Readonly<Record<string, number>>;
  readonly access_points: Readonly<Record<string, number>>;
  /** Median of the lines of a window by local hour of its beginning, 24 numbers; null = no training window. */
  readonly hourly_lines: readonly (number | null)[];
  /** Surprise of a minute without a line by local hour, nats: -ln(1 - share of minutes with a line), 24 numbers. */
  readonly silent_minutes: readonly number[];
  /** Median signal of each client with enough readings in training, dBm; ff... = the device itself. */
  readonly signals: Readonly<Record<string, number>>;
}

/**
 * `feature_state.json`: what training learnt that the value of a feature depends on. A value is a function of the
 * records and of this. What was seen first carries WHEN it was first seen, so that the training span, scored with the
 * state, gives the training rows.
 */
export interface FeatureState {
  /** How addresses were sampled (address-sample.ts), 0 = all of them are here. */
  readonly joined_level: number;
  readonly access_points_level: number;
  /** For devices that training did not see: over the windows of all devices. */
  readonly hourly_lines: readonly (number | null)[];
  readonly silent_minutes: readonly number[];
  /** By name. */
  readonly devices: Readonly<Record<string, DeviceState>>;
}

const HOURS = 24;
const ADDRESS = /^[0-9a-f]{12}$/;

/** @throws AppError `artifact_integrity` naming the first field that is wrong */
export function parseFeatureState(json: unknown): FeatureState {
  const state = object(json, 'feature_state');
  return {
    joined_level: level(state.joined_level, 'joined_level'),
    access_points_level: level(state.access_points_level, 'access_points_level'),
    hourly_lines: hours(state.hourly_lines, 'hourly_lines'),
    silent_minutes: weights(state.silent_minutes, 'silent_minutes'),
    devices: Object.fromEntries(
      Object.entries(object(state.devices, 'devices')).map(([name, value]) => [
        name,
        device(value, `devices[${JSON.stringify(name)}]`),
      ]),
    ),
  };
}

function device(value: unknown, field: string): DeviceState {
  const item = object(value, field);
  return {
    joined: byAddress(item.joined, `${field}.joined`),
    access_points: byAddress(item.access_points, `${field}.access_points`),
    hourly_lines: hours(item.hourly_lines, `${field}.hourly_lines`),
    silent_minutes: weights(item.silent_minutes, `${field}.silent_minutes`),
    signals: byAddress(item.signals, `${field}.signals`),
  };
}

function fail(field: string, expected: string): never {
  throw new AppError('artifact_integrity', `feature_state.json: "${field}" is not ${expected}.`, {
    hint: 'Restore the version from a backup or train again.',
  });
}

function object(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(field, 'an object');
  return value as Record<string, unknown>;
}

function level(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 30) {
    fail(field, 'a whole number from 0 to 30');
  }
  return value;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function hours(value: unknown, field: string): (number | null)[] {
  const valid = (item: unknown): item is number | null => item === null || isNumber(item);
  if (!Array.isArray(value) || value.length !== HOURS || !value.every(valid)) {
    fail(field, `a list of ${HOURS} numbers or nulls`);
  }
  return value;
}

function weights(value: unknown, field: string): number[] {
  if (!Array.isArray(value) || value.length !== HOURS || !value.every(isNumber)) {
    fail(field, `a list of ${HOURS} numbers`);
  }
  return value;
}

function byAddress(value: unknown, field: string): Record<string, number> {
  const entries = object(value, field);
  for (const [address, number] of Object.entries(entries)) {
    if (!ADDRESS.test(address)) fail(`${field}.${address}`, 'twelve hexadecimal digits');
    if (!isNumber(number)) fail(`${field}.${address}`, 'a number');
  }
  return entries as Record<string, number>;
}

/** Twelve hexadecimal digits of a 48-bit address. */
export const addressText = (address: number): string => address.toString(16).padStart(12, '0');

export const addressNumber = (text: string): number => Number.parseInt(text, 16);

/** The file of a state: one line, names and addresses in a fixed order, so that equal states are equal bytes. */
export const stateFile = (state: FeatureState): string => `${JSON.stringify(state)}\n`;
