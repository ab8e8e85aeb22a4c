/** Which devices have a distribution of their own. */
export interface DeviceGroups {
  /** Device names of the model, in the order that row indices refer to. */
  readonly devices: readonly string[];
  /** Device -> group; 0 = too few training rows, the shared distribution. */
  readonly groupOfDevice: Int32Array;
  /** Group 0 included. */
  readonly groupCount: number;
}

/** @param rowDevices training row -> device; null = the rows have no devices */
export function groupDevices(
  devices: readonly string[],
  rowDevices: Int32Array | null,
  minRows: number,
): DeviceGroups {
  const counts = new Int32Array(devices.length);
  for (const device of rowDevices ?? []) if (device >= 0) counts[device]++;
  let groupCount = 1;
  const groupOfDevice = counts.map((count) => (count >= minRows ? groupCount++ : 0));
  // One device that has all rows needs no second copy of the shared distribution.
  const all = rowDevices !== null && groupCount === 2 && counts.some((count) => count === rowDevices.length);
  return all
    ? { devices, groupOfDevice: new Int32Array(devices.length), groupCount: 1 }
    : { devices, groupOfDevice, groupCount };
}

/** Everything in the shared distribution. */
export function noGroups(devices: readonly string[]): DeviceGroups {
  return { devices, groupOfDevice: new Int32Array(devices.length), groupCount: 1 };
}

/** Rows -> groups. @param rowDevices row -> device of the model, -1 = unknown; null = all unknown */
export function groupsOfRows(
  { groupOfDevice }: Pick<DeviceGroups, 'groupOfDevice'>,
  rowDevices: Int32Array | null,
  rows: number,
): Int32Array {
  const groups = new Int32Array(rows);
  if (rowDevices === null) return groups;
  for (let row = 0; row < rows; row++) {
    const device = rowDevices[row];
    groups[row] = device >= 0 && device < groupOfDevice.length ? groupOfDevice[device] : 0;
  }
  return groups;
}

/** Devices of an input -> indices into the model's list; -1 = the model does not know it. */
export function deviceNumbers(
  modelDevices: readonly string[],
  devices: readonly string[],
  deviceIndex: Int32Array,
): Int32Array {
  const number = new Map(modelDevices.map((name, i) => [name, i]));
  const translated = devices.map((name) => number.get(name) ?? -1);
  return deviceIndex.map((device) => translated[device]);
}
