import { ExportValidationService } from '../export/export-validation.service.js';
import { ingestTask } from '../pipeline/ingest-task.js';
import { ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import type { Output } from './output.js';
import { describeReport } from './report-text.js';
import { withSelection } from './selection.js';

/** No database, no Nest: a file is read and described. */
export async function run(
  files: readonly string[],
  options: GlobalOptions & SelectionOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  const config = configuration(options, output);
  const interrupt = interruptSignal();
  try {
    const { signal } = interrupt;
    const report = await withSelection(files, options, { config, output, signal }, (chosen) =>
      new ExportValidationService().validate(ingestTask(chosen, config.values), {
        signal,
        onProgress: (fraction, message) => {
          output.progress(fraction * 100, message);
        },
      }),
    );
    output.result(report, () => describeReport(report));
    if (!report.is_valid) state.exitCode = ERROR_KINDS.export_invalid.exitCode;
  } finally {
    interrupt.release();
  }
}
