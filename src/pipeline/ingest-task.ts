import { windowConfig } from '../features/core/window-config.js';
import type { TrainingServiceConfig } from '../platform/config/schema/training-service-config.js';
import type { IngestFile, IngestTask } from '../workers/ingest.worker.js';

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
    window: windowConfig(config.features),
    startMs: selection.startMs ?? null,
    endMs: selection.endMs ?? null,
    programs: selection.programs ?? null,
    noFollow: selection.noFollow ?? false,
  };
}
