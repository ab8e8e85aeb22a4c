import type { TrainingServiceConfig } from '../platform/config/schema/training-service-config.js';
import type { TableTask } from '../workers/table-task.js';
import type { IngestSelection } from './ingest-task.js';
import type { TableInput } from './training-request.js';

/** The thread task for reading feature tables; their columns are the features. */
export function tableTask(
  selection: IngestSelection & { readonly table?: TableInput },
  config: Pick<TrainingServiceConfig, 'features'>,
): TableTask {
  return {
    files: selection.files,
    features: null,
    labelColumn: selection.table?.labelColumn ?? null,
    startMs: selection.startMs ?? null,
    endMs: selection.endMs ?? null,
    maxRows: config.features.window.max_windows,
    noFollow: selection.noFollow ?? false,
  };
}
