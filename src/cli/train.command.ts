import { resolve } from 'node:path';
import type { Application } from '../application.js';
import { extractionTask } from '../pipeline/ingest-task.js';
import { tableTask } from '../pipeline/table-task.js';
import { isModelName, type TrainingRequest } from '../pipeline/training-request.js';
import { beginEarly } from '../platform/compute/early-task.js';
import { AppError } from '../shared/errors.js';
import type { CommandState, GlobalOptions, InputOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import type { Output } from './output.js';
import { dateAndPrograms, withSelection } from './selection.js';
import { labelsInput, tableInput } from './table-input.js';

interface TrainOptions extends GlobalOptions, SelectionOptions, InputOptions {
  readonly model: string;
  readonly outputDir?: string;
  readonly deploy?: boolean;
  readonly labels?: string;
  readonly fromDatabase?: boolean;
}

export async function run(
  files: readonly string[],
  options: TrainOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  if (!isModelName(options.model)) {
    throw new AppError('usage', `--model ${JSON.stringify(options.model)} is not a model name.`, {
      hint: 'Use lower-case letters, digits, "-" and "_", starting with a letter, at most 32.',
    });
  }
  const table = tableInput(options);
  assertInput(files, options);
  const config = configuration(options, output);
  const interrupt = interruptSignal();
  const { signal } = interrupt;
  const choices = {
    modelName: options.model,
    configOverrides: null,
    deploy: options.deploy === true,
    outputDir: options.outputDir === undefined ? null : resolve(options.outputDir),
    ...(table === undefined ? {} : { table }),
    ...(options.labels === undefined ? {} : { labels: labelsInput(options.labels) }),
  };
  try {
    if (options.fromDatabase === true) {
      const asked = dateAndPrograms(options);
      const [{ trainAndReport }, { pulledRequest }] = await Promise.all([
        import('./train-run.js'),
        import('./pulled-request.js'),
      ]);
      const request = (application: Application): Promise<TrainingRequest> =>
        pulledRequest(application, choices, asked, { output, signal });
      await trainAndReport({ request, config, options, output, state, signal });
      return;
    }
    await withSelection(files, options, { config, output, signal }, async (chosen) => {
      const request: TrainingRequest = {
        ...chosen,
        ...choices,
      };
      // The export is read while the framework and the database start.
      const endReading =
        table === undefined
          ? beginEarly('ingest', extractionTask(request, config.values))
          : beginEarly('table', tableTask(request, config.values));
      try {
        const { trainAndReport } = await import('./train-run.js');
        await trainAndReport({ request, config, options, output, state, signal });
      } finally {
        endReading();
      }
    });
  } finally {
    interrupt.release();
  }
}

/** @throws AppError `usage`: no input, or two */
function assertInput(files: readonly string[], { fromDatabase, input }: TrainOptions): void {
  if (fromDatabase === true) {
    if (files.length > 0)
      throw new AppError('usage', `${files[0]} and --from-database are two inputs.`, {
        hint: 'Leave one of them out.',
      });
    if (input !== 'logs')
      throw new AppError('usage', '--from-database reads log lines; --input features is for files.');
    return;
  }
  if (files.length > 0) return;
  throw new AppError('usage', 'Nothing to train on.', {
    hint: 'Give exports (files, directories or "-"), or --from-database for lines of the log table.',
  });
}
