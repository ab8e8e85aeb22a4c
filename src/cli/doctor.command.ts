import { ReconcilerService } from '../pipeline/reconciler.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import type { Output } from './output.js';
import { withApplication } from './with-application.js';

export async function run(
  _: readonly string[],
  options: GlobalOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  const config = configuration(options, output);
  const report = await withApplication(config, options, async ({ context }) => {
    const { settled, problems } = await context.get(ReconcilerService).settle();
    const registry = context.get(ModelRegistryService);
    const versions = await registry.list({ limit: 10_000 });
    const damaged: string[] = [];
    for (const { version, status } of versions) {
      if (status === 'corrupt') continue;
      const { passed, checks } = await registry.verify(version);
      if (!passed) damaged.push(`Model ${version}: ${checks.find((check) => !check.passed)!.message}`);
    }
    const all = [...problems, ...damaged];
    return { healthy: all.length === 0, settled, problems: all, versions_checked: versions.length };
  });
  if (!report.healthy) state.exitCode = ERROR_KINDS.artifact_integrity.exitCode;
  output.result(report, () =>
    [
      ...report.settled.map((line) => `settled  ${line}`),
      ...report.problems.map((line) => `PROBLEM  ${line}`),
      report.healthy
        ? `Registry, disk and database agree (${report.versions_checked} versions checked).`
        : 'Registry, disk and database do NOT agree.',
    ].join('\n'),
  );
}
