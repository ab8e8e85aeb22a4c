import { RunCreatorService } from '../pipeline/run-creator.service.js';
import { RunExecutorService } from '../pipeline/run-executor.service.js';
import { ReconcilerService } from '../pipeline/reconciler.service.js';
import { isModelName } from '../pipeline/training-request.js';
import type { TrainingResult } from '../pipeline/training-result.js';
import { AppError, ERROR_KINDS } from '../shared/errors.js';
import { resolve } from 'node:path';
import type { CommandState, GlobalOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import { renderTable, type Output } from './output.js';
import { selection } from './selection.js';
import { withApplication } from './with-application.js';

interface TrainOptions extends GlobalOptions, SelectionOptions {
  readonly model: string;
  readonly outputDir?: string;
  readonly deploy?: boolean;
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
  const config = configuration(options, output);
  const chosen = selection(files, options);
  const interrupt = interruptSignal();
  try {
    await withApplication(config, options, async ({ context }) => {
      await context.get(ReconcilerService).settle();
      const request = {
        ...chosen,
        modelName: options.model,
        configOverrides: null,
        deploy: options.deploy === true,
        outputDir: options.outputDir === undefined ? null : resolve(options.outputDir),
      };
      const trainingRun = await context
        .get(RunCreatorService)
        .create(request, { origin: 'cli', idempotencyKey: null, config });
      const execution = await context.get(RunExecutorService).execute(trainingRun, interrupt.signal, {
        onProgress: (progress, step) => {
          output.progress(progress, step);
        },
      });
      if (execution === null) throw new AppError('conflict', 'Another process took this run.');
      if ('error' in execution) throw execution.error;
      if (execution.status === 'rejected') state.exitCode = ERROR_KINDS.gate_rejected.exitCode;
      output.result(execution.result, () => describeTraining(execution.result));
    });
  } finally {
    interrupt.release();
  }
}

const number = (value: unknown, digits = 3): string =>
  typeof value === 'number' ? value.toFixed(digits) : '-';

/** The result as a small table, with what it means and what to do next. */
export function describeTraining(result: TrainingResult): string {
  const { metrics } = result;
  const rows: [string, string][] = [
    ['version', result.version],
    ['status', result.model_status],
    ['log lines', String(result.log_count)],
    [
      'training windows',
      `${result.training_samples} x ${result.feature_names.length} features (${result.feature_set})`,
    ],
    ['training time', `${result.training_duration.toFixed(1)} s`],
    ['ROC AUC', `${number(metrics.roc_auc)}   (labels: ${result.label_source})`],
    ['average precision', `${number(metrics.average_precision)}   (labels: ${result.label_source})`],
    ['alert threshold', number(result.threshold, 4)],
    ['flagged windows', `${(Number(metrics.anomaly_ratio) * 100).toFixed(2)} % of the held-out windows`],
    ['gate', result.gate.passed ? 'passed' : 'FAILED'],
    ['files', result.model_path],
  ];
  const lines = [renderTable(['result', ''], rows)];
  for (const check of result.gate.checks) {
    if (!check.passed) lines.push(`gate check ${check.id} failed: ${check.message}`);
  }
  for (const warning of result.warnings) lines.push(`warning: ${warning}`);
  lines.push('', nextStep(result));
  return lines.join('\n');
}

function nextStep(result: TrainingResult): string {
  if (!result.gate.passed) return 'The model is registered as rejected and cannot be deployed.';
  if (result.model_status === 'deployed') return `Deployed. Next: mcp-training score <export>`;
  return `Next: mcp-training deploy ${result.version}`;
}
