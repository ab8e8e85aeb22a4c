import { featureSet } from './feature-sets.js';
import type { WindowConfig } from './window-table.js';

/** The section `features` of the configuration, as far as windows depend on it. */
export interface WindowSection {
  readonly set: string;
  readonly timezone: string;
  readonly window: {
    readonly length: number;
    readonly stride: number;
    readonly context: number;
    readonly group_by: 'device' | 'all';
    readonly max_windows: number;
  };
}

/** A pooled feature set looks at all devices together, whatever `group_by` says. */
export function windowConfig({ set, timezone, window }: WindowSection): WindowConfig {
  return {
    lengthSeconds: window.length,
    strideSeconds: window.stride,
    contextSeconds: window.context,
    groupBy: featureSet(set).pooled ? 'all' : window.group_by,
    timezone,
    maxWindows: window.max_windows,
  };
}
