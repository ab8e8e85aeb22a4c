import { ReconcilerService } from '../pipeline/reconciler.service.js';
import { RetentionService, type RetentionReport } from '../pipeline/retention.service.js';
import { AuditLogService } from '../platform/security/audit-log.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { AppError, ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { withApplication } from './with-application.js';

interface DoctorOptions extends GlobalOptions {
  readonly prune?: boolean;
  readonly dryRun?: boolean;
}

export async function run(
  _: readonly string[],
  options: DoctorOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  if (options.dryRun === true && options.prune !== true) {
    throw new AppError('usage', '--dry-run is for --prune: the checks change nothing that could wait.');
  }
  const config = configuration(options, output);
  const report = await withApplication(config, options, async ({ context }) => {
    const { settled, problems } = await context.get(ReconcilerService).settle();
    const actor = { name: operator(), reason: 'retention' };
    const retention =
      options.prune === true
        ? await context.get(RetentionService).apply(actor, options.dryRun === true)
        : null;
    const registry = context.get(ModelRegistryService);
    const versions = await registry.list({ limit: 10_000 });
    const damaged: string[] = [];
    for (const { version, status } of versions) {
      if (status === 'corrupt') continue;
      const { passed, checks } = await registry.verify(version);
      if (!passed) damaged.push(`Model ${version}: ${checks.find((check) => !check.passed)!.message}`);
    }
    const audit = await context.get(AuditLogService).check();
    const all = [...problems, ...damaged, ...audit.problems];
    return {
      healthy: all.length === 0,
      settled,
      problems: all,
      versions_checked: versions.length,
      audit_events: audit.events,
      ...(retention === null ? {} : { retention }),
    };
  });
  if (!report.healthy) state.exitCode = ERROR_KINDS.artifact_integrity.exitCode;
  output.result(report, () =>
    [
      ...report.settled.map((line) => `settled  ${line}`),
      ...(report.retention === undefined ? [] : describeRetention(report.retention)),
      ...report.problems.map((line) => `PROBLEM  ${line}`),
      report.healthy
        ? `Registry, disk and database agree (${report.versions_checked} versions checked).`
        : 'Registry, disk and database do NOT agree.',
    ].join('\n'),
  );
}

const REASONS: Readonly<Record<string, string>> = {
  deployed: 'deployed',
  alias: 'has an alias',
  rollback: 'a rollback leads to it',
  target: 'a deployment target was given it last',
  newest: 'among the newest',
};

function describeRetention({ dry_run: dryRun, deleted, purged, kept }: RetentionReport): string[] {
  return [
    ...kept.map(({ version, kept_because: why }) => `keep     ${version}: ${REASONS[why ?? ''] ?? ''}`),
    ...deleted.map((version) => `${dryRun ? 'would delete' : 'delete  '} ${version}`),
    ...purged.map((version) => `purge    ${version}: deleted earlier, its files are gone now`),
  ];
}
