import { join } from 'node:path';
import type { Application } from '../application.js';
import { ReconcilerService } from '../pipeline/reconciler.service.js';
import { RunCreatorService } from '../pipeline/run-creator.service.js';
import { RunExecutorService } from '../pipeline/run-executor.service.js';
import { TABLE_SET } from '../features/core/table-set.js';
import type { TrainingRequest } from '../pipeline/training-request.js';
import type { TrainingResult } from '../pipeline/training-result.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { AppError, ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions } from './command.js';
import { renderTable, type Output } from './output.js';
import { kindTable, truthRows } from './truth-text.js';
import { operator } from './operator.js';
import { withApplication } from './with-application.js';

interface TrainingCommand {
  /** A function when the input has to be fetched first. */
  readonly request: TrainingRequest | ((application: Application) => Promise<TrainingRequest>);
  readonly config: ResolvedConfig;
  readonly options: GlobalOptions;
  readonly output: Output;
  readonly state: CommandState;
  readonly signal: AbortSignal;
}

/** The part of `train` that needs the service; apart, because loading that takes longer than reading many exports. */
export async function trainAndReport(command: TrainingCommand): Promise<void> {
  const { config, options, output, state, signal } = command;
  await withApplication(config, options, async (application) => {
    const { context } = application;
    await context.get(ReconcilerService).settle();
    const request =
      typeof command.request === 'function' ? await command.request(application) : command.request;
    const trainingRun = await context
      .get(RunCreatorService)
      .create(request, { origin: 'cli', actor: operator(), idempotencyKey: null, config });
    const execution = await context.get(RunExecutorService).execute(trainingRun, signal, {
      onProgress: (progress, step) => {
        output.progress(progress, step);
      },
    });
    if (execution === null) throw new AppError('conflict', 'Another process took this run.');
    if ('error' in execution) throw execution.error;
    if (execution.status === 'rejected') state.exitCode = ERROR_KINDS.gate_rejected.exitCode;
    output.result(execution.result, () => describeTraining(execution.result));
  });
}

const number = (value: unknown, digits = 3): string =>
  typeof value === 'number' ? value.toFixed(digits) : '-';

/** The result as a small table, with what it means and what to do next. */
export function describeTraining(result: TrainingResult): string {
  const { metrics } = result;
  const isTable = result.feature_set === TABLE_SET;
  const rows: (readonly [string, string])[] = [
    ['version', result.version],
    ['status', result.model_status],
    ...(isTable ? [] : ([['log lines', String(result.log_count)]] as const)),
    [
      isTable ? 'training rows' : 'training windows',
      `${result.training_samples} x ${result.feature_names.length} features (${result.feature_set})`,
    ],
    ['training time', `${result.training_duration.toFixed(1)} s`],
    ['ROC AUC', `${number(metrics.roc_auc)}   (labels: ${result.label_source})`],
    ['average precision', `${number(metrics.average_precision)}   (labels: ${result.label_source})`],
    ...truthRows(result.ground_truth),
    ['alert threshold', number(result.threshold, 4)],
    [
      'flagged windows',
      `${(Number(metrics.anomaly_ratio) * 100).toFixed(2)} % of the held-out ${isTable ? 'rows' : 'windows'}`,
    ],
    ['gate', result.gate.passed ? 'passed' : 'FAILED'],
    ['files', result.model_path],
    ['model card', join(result.model_path, 'report.html')],
  ];
  const lines = [renderTable(['result', ''], rows)];
  const kinds = kindTable(result.ground_truth);
  if (kinds !== '') lines.push('', kinds, '');
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
