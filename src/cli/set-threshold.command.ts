import { runConfig } from '../pipeline/run-config.js';
import { THRESHOLD_POLICIES, type ThresholdPolicyName } from '../pipeline/new-threshold.js';
import { ReconcilerService } from '../pipeline/reconciler.service.js';
import { ThresholdFlowService, type ThresholdResult } from '../pipeline/threshold-flow.service.js';
import { AppError, ERROR_KINDS } from '../shared/errors.js';
import type { CommandState } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import { operator } from './operator.js';
import { judgementInput, type JudgementOptions } from './judgement-options.js';
import { renderTable, type Output } from './output.js';
import { withSelection } from './selection.js';
import { truthRows } from './truth-text.js';
import { withApplication } from './with-application.js';

interface ThresholdOptions extends JudgementOptions {
  readonly policy: string;
  readonly value: string;
}

/** Ends with 4 when the new version did not pass its gate; it is registered as rejected then. */
export async function run(
  [version, ...paths]: readonly string[],
  options: ThresholdOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  const threshold = { policy: policyOption(options.policy), value: valueOption(options.value) };
  const config = configuration({ ...options, featureSet: undefined }, output);
  const interrupt = interruptSignal();
  const { signal } = interrupt;
  try {
    const result = await withSelection(paths, options, { config, output, signal }, (selection) => {
      const command = {
        version,
        threshold,
        ...judgementInput(options, config, selection),
      };
      return withApplication(config, options, async ({ context }) => {
        await context.get(ReconcilerService).settle();
        const actor = { name: operator(), reason: null };
        return context.get(ThresholdFlowService).setThreshold(command, runConfig(config), actor, {
          signal,
          onProgress: (fraction, message) => {
            output.progress(fraction * 100, message);
          },
        });
      });
    });
    if (!result.gate.passed) state.exitCode = ERROR_KINDS.gate_rejected.exitCode;
    output.result(result, () => describeThreshold(result));
  } finally {
    interrupt.release();
  }
}

function policyOption(text: string): ThresholdPolicyName {
  const policy = THRESHOLD_POLICIES.find((name) => name === text);
  if (policy !== undefined) return policy;
  throw new AppError('usage', `--policy ${JSON.stringify(text)} is not a threshold policy.`, {
    hint: `One of ${THRESHOLD_POLICIES.join(', ')}.`,
  });
}

function valueOption(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new AppError('usage', `--value ${JSON.stringify(text)} is not a number.`);
}

function describeThreshold(result: ThresholdResult): string {
  const { gate, version, label_free: free } = result;
  const rows: (readonly [string, string])[] = [
    ['version', version],
    ['parent', result.parent_version],
    ['status', result.status],
    ['policy', `${result.policy} ${result.value}`],
    ['alert threshold', `${result.threshold.toFixed(4)} (was ${result.parent_threshold.toFixed(4)})`],
    ['flagged windows', `${(free.flag_rate * 100).toFixed(2)} % of the held-out windows`],
    ['alerts a day', free.alerts_per_day === null ? '-' : free.alerts_per_day.toFixed(1)],
    ...truthRows(result.ground_truth),
    ['gate', gate.passed ? 'passed' : 'FAILED'],
  ];
  const lines = [renderTable(['result', ''], rows)];
  for (const { id, passed, message } of gate.checks)
    if (!passed) lines.push(`gate check ${id} failed: ${message}`);
  for (const warning of result.warnings) lines.push(`warning: ${warning}`);
  lines.push('', gate.passed ? `Next: mcp-training deploy ${version}` : 'The version cannot be deployed.');
  return lines.join('\n');
}
