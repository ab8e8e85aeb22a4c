import { DeploymentFlowService } from '../pipeline/deployment-flow.service.js';
import { ReconcilerService } from '../pipeline/reconciler.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { describeSwitch } from './deploy.command.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { withApplication } from './with-application.js';

interface RollbackOptions extends GlobalOptions {
  readonly model: string;
  readonly reason: string;
  readonly to?: string;
  readonly target: string;
  readonly dryRun?: boolean;
}

export async function run(_: readonly string[], options: RollbackOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  const outcome = await withApplication(config, options, async ({ context }) => {
    await context.get(ReconcilerService).settle();
    return context.get(DeploymentFlowService).rollback({
      modelName: options.model,
      version: options.to ?? null,
      target: options.target,
      actor: { name: operator(), reason: options.reason },
      dryRun: options.dryRun === true,
    });
  });
  output.result(outcome, () => describeSwitch(outcome));
}
