import { LogPullService } from '../export/log-pull.service.js';
import { ExportsService } from '../export/exports.service.js';
import type { TrainingRequest } from '../pipeline/training-request.js';
import type { Application } from '../application.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import type { DateAndPrograms } from './selection.js';

/** A training of lines of the log table: they become an export first, so that the training can be repeated. */
export async function pulledRequest(
  { context }: Application,
  base: Omit<TrainingRequest, 'files' | 'startMs' | 'endMs' | 'programs' | 'noFollow'>,
  asked: DateAndPrograms,
  { output, signal }: { readonly output: Output; readonly signal: AbortSignal },
): Promise<TrainingRequest> {
  const logs = context.get(LogPullService);
  output.progress(0, 'Reading log lines from the database');
  const { record, records, selection } = await logs.pull(logs.selection(asked), {
    actor: operator(),
    signal,
  });
  output.note(`${records} log lines are kept as export ${record.exportId} (${record.storedKey}).`);
  const { path, storedKey } = context.get(ExportsService).resolveStored(record);
  return { ...base, ...selection, files: [{ path, name: storedKey }], noFollow: true };
}
