import type { Episode } from '../episodes.js';

/** What real labels of a report are made of. JSON names: this goes into the report as it is. */
export interface LabelOrigin {
  readonly kind: 'labels_file' | 'label_column' | 'label_field';
  /** What the user calls the file, the column or the field. */
  readonly name: string;
  /** Of a labels file. */
  readonly sha256: string | null;
  /** Entries of a labels file, the benign ones among them. */
  readonly entries: number | null;
  readonly benign_entries: number | null;
  /** Device names of the labels file that no window has: their episodes cannot be found. */
  readonly unknown_devices: readonly string[];
}

/** A labels file that was read. */
export interface LabelsFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly episodes: readonly Episode[];
}

/** Pooled windows belong to every device. */
const POOLED = '*';

/** How an episode of a device that no window has is named: the last name is the one people use. */
function unknownDevices(episodes: readonly Episode[], devices: readonly string[]): string[] {
  const known = new Set(devices);
  if (known.has(POOLED)) return [];
  const unknown = episodes.filter((episode) => !episode.devices.some((name) => known.has(name)));
  return [...new Set(unknown.map((episode) => episode.devices[episode.devices.length - 1]))].sort();
}

/** @param devices the devices of all windows, the evaluated and the other ones */
export function originOfFile(file: LabelsFile, devices: readonly string[]): LabelOrigin {
  return {
    kind: 'labels_file',
    name: file.name,
    sha256: file.sha256,
    entries: file.episodes.length,
    benign_entries: file.episodes.filter(({ isAnomaly }) => !isAnomaly).length,
    unknown_devices: unknownDevices(file.episodes, devices),
  };
}

export function originOfRows(kind: 'label_column' | 'label_field', name: string): LabelOrigin {
  return { kind, name, sha256: null, entries: null, benign_entries: null, unknown_devices: [] };
}

const NAMED = 10;

/** What a person should know about labels that do not fit the windows. */
export function labelWarnings({ unknown_devices: unknown, name }: LabelOrigin): string[] {
  if (unknown.length === 0) return [];
  const more = unknown.length > NAMED ? ` and ${unknown.length - NAMED} more` : '';
  return [
    `The labels file ${name} names devices that are not in the export: ${unknown.slice(0, NAMED).join(', ')}${more}. ` +
      'Their episodes cannot be found; devices are named by device_id, else by host or IP address.',
  ];
}
