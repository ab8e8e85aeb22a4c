import { DeploymentFlowService, type DeployOutcome } from '../pipeline/deployment-flow.service.js';
import { ReconcilerService } from '../pipeline/reconciler.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { withApplication } from './with-application.js';

interface DeployOptions extends GlobalOptions {
  readonly target: string;
  readonly dryRun?: boolean;
}

export async function run(
  [version]: readonly string[],
  options: DeployOptions,
  output: Output,
): Promise<void> {
  const config = configuration(options, output);
  const outcome = await withApplication(config, options, async ({ context }) => {
    await context.get(ReconcilerService).settle();
    return context.get(DeploymentFlowService).deploy({
      version,
      target: options.target,
      actor: { name: operator(), reason: null },
      dryRun: options.dryRun === true,
    });
  });
  output.result(outcome, () => describeSwitch(outcome));
}

const VERBS: Readonly<Record<DeployOutcome['status'], string>> = {
  deployed: 'Deployed',
  rolled_back: 'Rolled back',
  would_deploy: 'Would deploy',
  would_roll_back: 'Would roll back',
};

/** "champion 11 -> 12", where, and whether anything was changed. */
export function describeSwitch(outcome: DeployOutcome): string {
  const { previous_version: previous, version } = outcome;
  const change =
    previous === version ? `${version} was deployed already` : `${previous ?? 'none'} -> ${version}`;
  const dry = outcome.status.startsWith('would') ? ' Nothing was changed.' : '';
  return `${VERBS[outcome.status]} ${outcome.model_name} at ${outcome.directory} (${outcome.layout}): ${change}.${dry}`;
}
