import { userInfo } from 'node:os';
import { DeploymentFlowService } from '../pipeline/deployment-flow.service.js';
import { ReconcilerService } from '../pipeline/reconciler.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
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
      actor: { name: `cli:${userName()}`, reason: null },
      dryRun: options.dryRun === true,
    });
  });
  output.result(outcome, () => {
    const change = `${outcome.previous_version ?? 'none'} -> ${outcome.version}`;
    if (outcome.status === 'would_deploy')
      return `Would deploy ${outcome.model_name} to ${outcome.directory}: ${change}. Nothing was changed.`;
    return `Deployed ${outcome.model_name} to ${outcome.directory}: ${change}.`;
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
