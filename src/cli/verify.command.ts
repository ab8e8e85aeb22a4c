import { ModelRegistryService } from '../registry/model-registry.service.js';
import { ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import type { Output } from './output.js';
import { withApplication } from './with-application.js';

export async function run(
  [version]: readonly string[],
  options: GlobalOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  const config = configuration(options, output);
  const result = await withApplication(config, options, ({ context }) =>
    context.get(ModelRegistryService).verify(version),
  );
  if (!result.passed) state.exitCode = ERROR_KINDS.artifact_integrity.exitCode;
  output.result(result, () =>
    [
      ...result.checks.map(
        ({ name, passed, message }) => `${passed ? 'ok    ' : 'FAILED'}  ${name}: ${message}`,
      ),
      result.passed ? `Model ${version} is intact.` : `Model ${version} is NOT intact.`,
    ].join('\n'),
  );
}
