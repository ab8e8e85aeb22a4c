import { basename, resolve } from 'node:path';
import { readModelFile } from '../deployment/import/model-file.js';
import { ImportFlowService, type ImportResult } from '../pipeline/import-flow.service.js';
import { ReconcilerService } from '../pipeline/reconciler.service.js';
import { runConfig } from '../pipeline/run-config.js';
import { isModelName } from '../pipeline/training-request.js';
import { AppError, ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import { operator } from './operator.js';
import { renderTable, type Output } from './output.js';
import { withSelection } from './selection.js';
import { withApplication } from './with-application.js';

interface ImportOptions extends GlobalOptions {
  readonly model: string;
  readonly evaluate?: readonly string[];
  readonly featureSet?: string;
}

/** Ends with 4 when the imported version did not pass its gate; it is registered as rejected then. */
export async function run(
  [file]: readonly string[],
  options: ImportOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  if (!isModelName(options.model)) {
    throw new AppError('usage', `--model ${JSON.stringify(options.model)} is not a model name.`, {
      hint: 'Use lower-case letters, digits, "-" and "_", starting with a letter, at most 32.',
    });
  }
  // The feature set of the file is not the one that is configured for training.
  const config = configuration({ ...options, featureSet: undefined }, output);
  const bytes = readModelFile(file, file, { noFollow: false });
  const interrupt = interruptSignal();
  const { signal } = interrupt;
  try {
    const result = await withSelection(options.evaluate ?? [], {}, { config, output, signal }, (chosen) => {
      const command = {
        bytes,
        fileName: basename(resolve(file)),
        modelName: options.model,
        featureSet: options.featureSet ?? null,
        evaluate: options.evaluate === undefined ? null : chosen,
      };
      return withApplication(config, options, async ({ context }) => {
        await context.get(ReconcilerService).settle();
        return context.get(ImportFlowService).import(
          command,
          runConfig(config),
          { name: operator(), reason: null },
          {
            signal,
            onProgress: (fraction, message) => {
              output.progress(fraction * 100, message);
            },
          },
        );
      });
    });
    if (!result.gate.passed) state.exitCode = ERROR_KINDS.gate_rejected.exitCode;
    output.result(result, () => describeImport(result));
  } finally {
    interrupt.release();
  }
}

function describeImport(result: ImportResult): string {
  const { imported_from: origin, gate, version } = result;
  const auc = result.metrics.roc_auc;
  const rows: [string, string][] = [
    ['version', version],
    ['status', result.status],
    ['imported from', `${origin.source_name} (${origin.source_format})`],
    ['its version there', origin.source_version ?? '-'],
    ['features', `${result.feature_names.length} (${result.feature_set})`],
    ['alert threshold', result.threshold.toFixed(4)],
    ['ROC AUC', typeof auc === 'number' ? `${auc.toFixed(3)}   (labels: ${result.label_source})` : '-'],
    ['gate', gate.passed ? 'passed' : 'FAILED'],
  ];
  const lines = [renderTable(['result', ''], rows)];
  for (const { id, message, passed } of gate.checks) {
    if (!passed) lines.push(`gate check ${id} failed: ${message}`);
  }
  for (const warning of result.warnings) lines.push(`warning: ${warning}`);
  lines.push('', gate.passed ? `Next: mcp-training deploy ${version}` : 'The version cannot be deployed.');
  return lines.join('\n');
}
