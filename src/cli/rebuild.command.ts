import { RebuildService, type RebuildResult } from '../pipeline/rebuild.service.js';
import { AppError, ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import { renderTable, type Output } from './output.js';
import { withApplication } from './with-application.js';

interface RebuildCommandOptions extends GlobalOptions {
  readonly input?: readonly string[];
  readonly inputsDir?: string;
  readonly configOverrides?: string;
}

export async function run(
  [version]: readonly string[],
  options: RebuildCommandOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  if (options.input !== undefined && options.inputsDir !== undefined) {
    throw new AppError('usage', '--input and --inputs-dir exclude each other.', {
      hint: 'Name the files, or the directory that holds them.',
    });
  }
  const config = configuration(options, output);
  const interrupt = interruptSignal();
  try {
    const result = await withApplication(config, options, ({ context }) =>
      context.get(RebuildService).rebuild(
        version,
        { files: options.input, directory: options.inputsDir },
        {
          signal: interrupt.signal,
          onProgress: (percent, step) => {
            output.progress(percent, step);
          },
        },
      ),
    );
    if (!result.identical) state.exitCode = ERROR_KINDS.artifact_integrity.exitCode;
    output.result(result, () => describeRebuild(result));
  } finally {
    interrupt.release();
  }
}

function describeRebuild({ version, identical, files, inputs, reasons }: RebuildResult): string {
  const rows = Object.entries(files).map(([file, { expected, identical: same }]) => [
    file,
    same ? 'identical' : 'DIFFERENT',
    expected,
  ]);
  return [
    renderTable(['file', '', 'registered SHA-256'], rows),
    '',
    identical
      ? `Model ${version} was trained again from ${inputs.length} ${inputs.length === 1 ? 'input' : 'inputs'}: every byte is the same.`
      : `Model ${version} was trained again and is NOT the same.`,
    ...reasons.map((reason) => `reason: ${reason}`),
  ].join('\n');
}
