import { ModelEvaluationService, type ModelEvaluation } from '../pipeline/model-evaluation.service.js';
import { runConfig } from '../pipeline/run-config.js';
import { ERROR_KINDS } from '../shared/errors.js';
import type { CommandState } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import { judgementInput, type JudgementOptions } from './judgement-options.js';
import { renderTable, type Output } from './output.js';
import { withSelection } from './selection.js';
import { kindTable, truthRows } from './truth-text.js';
import { withApplication } from './with-application.js';

/** Ends with 4 when the version would not pass its gate on these windows, with 3 when they are too few. */
export async function run(
  [version, ...paths]: readonly string[],
  options: JudgementOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  // Features and windows are the model's, whatever is configured for training.
  const config = configuration({ ...options, featureSet: undefined }, output);
  const interrupt = interruptSignal();
  const { signal } = interrupt;
  try {
    const result = await withSelection(paths, options, { config, output, signal }, (selection) => {
      const command = {
        version,
        ...judgementInput(options, config, selection),
      };
      return withApplication(config, options, ({ context }) =>
        context.get(ModelEvaluationService).evaluate(command, runConfig(config), {
          signal,
          onProgress: (fraction, message) => {
            output.progress(fraction * 100, message);
          },
        }),
      );
    });
    const { gate } = result;
    const verdict = gate.not_enough_data ? ERROR_KINDS.not_enough_data : ERROR_KINDS.gate_rejected;
    if (!gate.passed) state.exitCode = verdict.exitCode;
    output.result(result, () => describeEvaluation(result));
  } finally {
    interrupt.release();
  }
}

const number = (value: number | null | undefined, digits = 3): string => value?.toFixed(digits) ?? '-';

function describeEvaluation(result: ModelEvaluation): string {
  const { basic_metrics: metrics, label_free: free, gate } = result;
  const rows: (readonly [string, string])[] = [
    ['version', `${result.version} (${result.model_name})`],
    ['windows', `${result.window_count}${result.start === null ? '' : `, ${result.start} to ${result.end}`}`],
    ['ROC AUC', `${number(metrics.roc_auc)}   (labels: ${metrics.label_source})`],
    ['average precision', `${number(metrics.average_precision)}   (labels: ${metrics.label_source})`],
    ...truthRows(result.ground_truth),
    ['alert threshold', number(result.threshold, 4)],
    ['flagged windows', `${(free.flag_rate * 100).toFixed(2)} %`],
    ['alerts a day', number(free.alerts_per_day, 1)],
    ['gate', gate.passed ? 'passed' : 'FAILED'],
  ];
  const lines = [renderTable(['result', ''], rows)];
  const kinds = kindTable(result.ground_truth);
  if (kinds !== '') lines.push('', kinds, '');
  for (const { id, passed, message } of gate.checks)
    if (!passed) lines.push(`gate check ${id} failed: ${message}`);
  for (const { message } of result.recommendations) lines.push(`advice: ${message}`);
  for (const warning of result.warnings) lines.push(`warning: ${warning}`);
  return lines.join('\n');
}
