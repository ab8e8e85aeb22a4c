import { featureSet } from '../features/core/feature-sets.js';
import type { WindowConfig } from '../features/core/window-table.js';
import type { TrainingServiceConfig } from '../platform/config/schema/training-service-config.js';
import type { IngestFile, IngestTask } from '../workers/ingest.worker.js';

export function windowConfig({ features }: Pick<TrainingServiceConfig, 'features'>): WindowConfig {
  return {
    lengthSeconds: features.window.length,
    strideSeconds: features.window.stride,
    contextSeconds: features.window.context,
    groupBy: featureSet(features.set).pooled ? 'all' : features.window.group_by,
    timezone: features.timezone,
    maxWindows: features.window.max_windows,
  };
}

export interface IngestSelection {
  readonly files: readonly IngestFile[];
  readonly startMs?: number | null;
  readonly endMs?: number | null;
  readonly programs?: readonly string[] | null;
  readonly noFollow?: boolean;
}

/** The thread task for reading the selected files under a configuration. */
export function ingestTask(
  selection: IngestSelection,
  config: Pick<TrainingServiceConfig, 'features'>,
): Omit<IngestTask, 'extract'> {
  return {
    files: selection.files,
    featureSet: config.features.set,
    window: windowConfig(config),
    startMs: selection.startMs ?? null,
    endMs: selection.endMs ?? null,
    programs: selection.programs ?? null,
    noFollow: selection.noFollow ?? false,
  };
}
