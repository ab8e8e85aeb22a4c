import { windowConfig } from '../features/core/window-config.js';
import type { TrainingServiceConfig } from '../platform/config/schema/training-service-config.js';
import { threadCount } from '../platform/compute/thread-count.js';
import type { IngestTask } from '../workers/ingest-task.js';
import type { InputName } from '../workers/open-input.js';

export interface IngestSelection {
  readonly files: readonly InputName[];
  readonly startMs?: number | null;
  readonly endMs?: number | null;
  readonly programs?: readonly string[] | null;
  readonly noFollow?: boolean;
}

/** Reading is bound by the memory and the disk soon: more threads than this gain nothing. */
const MAX_READERS = 8;

/** The thread task for reading the selected files under a configuration. */
export function ingestTask(
  selection: IngestSelection,
  config: Pick<TrainingServiceConfig, 'features' | 'training'> &
    Partial<Pick<TrainingServiceConfig, 'evaluation'>>,
): Omit<IngestTask, 'extract'> {
  return {
    files: selection.files,
    featureSet: config.features.set,
    window: windowConfig(config.features),
    startMs: selection.startMs ?? null,
    endMs: selection.endMs ?? null,
    programs: selection.programs ?? null,
    noFollow: selection.noFollow ?? false,
    training: { validationSize: config.training.validation_size, testSize: config.training.test_size },
    threads: threadCount(config.training.n_jobs, MAX_READERS),
    labelField: config.evaluation?.label_field ?? null,
  };
}

/** The whole task of a training, for who starts it before the pipeline asks for it. */
export function extractionTask(
  selection: IngestSelection,
  config: Pick<TrainingServiceConfig, 'features' | 'training' | 'evaluation'>,
): IngestTask {
  return { ...ingestTask(selection, config), extract: true };
}
