import type { ContextSums } from './context-sums.js';
import { addressNumber, type DeviceState, type FeatureState } from './feature-state.js';
import type { FirstSeen } from './first-seen.js';

/** State of a device, null for one that training did not see. */
export function deviceState({ devices }: FeatureState, name: string): DeviceState | null {
  return Object.hasOwn(devices, name) ? devices[name] : null;
}

/** What the devices of the input had shown by a given time is known from then on, as if its lines were in the input. */
export function recallFirstSeen(
  state: FeatureState,
  { joined, accessPoints }: ContextSums,
  owners: readonly number[],
  names: readonly string[],
): void {
  joined.raise(state.joined_level);
  accessPoints.raise(state.access_points_level);
  owners.forEach((owner, device) => {
    const known = deviceState(state, names[device]);
    if (known === null) return;
    const note = (seen: FirstSeen, times: Readonly<Record<string, number>>): void => {
      for (const [address, seconds] of Object.entries(times)) {
        seen.note(owner, addressNumber(address), seconds * 1000);
      }
    };
    note(joined, known.joined);
    note(accessPoints, known.access_points);
  });
}
