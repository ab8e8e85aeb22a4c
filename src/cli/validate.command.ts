import { ExportValidationService } from '../export/export-validation.service.js';
import { FeatureTableService } from '../features/feature-table.service.js';
import { ingestTask } from '../pipeline/ingest-task.js';
import { tableTask } from '../pipeline/table-task.js';
import { ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions, InputOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import type { Output } from './output.js';
import { describeReport } from './report-text.js';
import { withSelection } from './selection.js';
import { tableInput } from './table-input.js';
import { describeTable } from './table-text.js';

/** No database, no Nest: a file is read and described. */
export async function run(
  files: readonly string[],
  options: GlobalOptions & SelectionOptions & InputOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  const table = tableInput(options);
  const config = configuration(options, output);
  const interrupt = interruptSignal();
  try {
    const { signal } = interrupt;
    const thread = {
      signal,
      onProgress: (fraction: number, message: string) => {
        output.progress(fraction * 100, message);
      },
    };
    const isValid = await withSelection(files, options, { config, output, signal }, async (chosen) => {
      if (table !== undefined) {
        const task = tableTask({ ...chosen, table }, config.values);
        const { report } = await new FeatureTableService().read(task, thread);
        output.result(report, () => describeTable(report));
        return report.is_valid;
      }
      const report = await new ExportValidationService().validate(ingestTask(chosen, config.values), thread);
      output.result(report, () => describeReport(report));
      return report.is_valid;
    });
    if (!isValid) state.exitCode = ERROR_KINDS.export_invalid.exitCode;
  } finally {
    interrupt.release();
  }
}
