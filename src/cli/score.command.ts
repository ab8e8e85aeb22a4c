import type { ScoreReport } from '../monitoring/scoring.service.js';
import { ScoringFlowService } from '../pipeline/scoring-flow.service.js';
import { EXPLANATION_LIMITS, type ExplanationRequest } from '../pipeline/explanation-request.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { explanationText } from './explanation-text.js';
import { interruptSignal } from './interrupt.js';
import { renderTable, type Output } from './output.js';
import { withSelection } from './selection.js';
import { withApplication } from './with-application.js';

interface ScoreOptions extends GlobalOptions, SelectionOptions {
  readonly model: string;
  readonly version?: string;
  readonly all?: boolean;
  readonly explain?: boolean;
  readonly top?: string;
  readonly lines?: string;
}

export async function run(files: readonly string[], options: ScoreOptions, output: Output): Promise<void> {
  const explanation = explanationRequest(options);
  const config = configuration(options, output);
  const interrupt = interruptSignal();
  const { signal } = interrupt;
  try {
    const report = await withSelection(files, options, { config, output, signal }, (chosen) => {
      const command = {
        selection: chosen,
        modelName: options.model,
        version: options.version ?? null,
        maxWindows: config.values.features.window.max_windows,
        explanation,
      };
      return withApplication(config, options, ({ context }) =>
        context.get(ScoringFlowService).score(command, {
          signal,
          onProgress: (fraction, message) => {
            output.progress(fraction * 100, message);
          },
        }),
      );
    });
    for (const warning of report.warnings ?? []) output.warn(warning);
    output.result(report, () => describeScores(report, options.all === true));
  } finally {
    interrupt.release();
  }
}

/** Enough to tell the threshold from a score next to it. */
const THRESHOLD_DIGITS = 9;
/** A screen of lines a window. */
const LINES_IN_TEXT = 5;

/** null: the scores alone are asked for. */
function explanationRequest(options: ScoreOptions): ExplanationRequest | null {
  const { explain, json } = options;
  if (explain !== true) {
    const option = options.top !== undefined ? '--top' : options.lines !== undefined ? '--lines' : null;
    if (option === null) return null;
    throw new AppError('usage', `${option} says how much is explained, but --explain is not there.`, {
      hint: 'Add --explain.',
    });
  }
  const { top, lines, maxWindows } = EXPLANATION_LIMITS;
  return {
    top: wholeNumber('--top', options.top, top) ?? top.usual,
    lines: wholeNumber('--lines', options.lines, lines) ?? (json === true ? lines.usual : LINES_IN_TEXT),
    maxWindows: maxWindows.usual,
  };
}

function wholeNumber(
  option: string,
  text: string | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new AppError(
    'usage',
    `${option} ${JSON.stringify(text)} is not a whole number from ${least} to ${most}.`,
  );
}

function describeScores(report: ScoreReport, all: boolean): string {
  const devices = renderTable(
    ['device', 'windows', 'flagged', 'highest score'],
    report.devices.map(({ device, windows, anomalies, max_score: max }) => [
      device,
      windows,
      anomalies,
      max.toFixed(3),
    ]),
  );
  const shown = report.windows.filter((window) => all || window.is_anomaly);
  const windows = renderTable(
    ['device', 'start', 'end', 'score', report.windows.at(0)?.row === undefined ? 'lines' : 'row', ''],
    shown.map((window) => [
      window.device,
      window.start ?? '-',
      window.end ?? '-',
      window.score.toFixed(3),
      window.row ?? window.log_count ?? '-',
      window.is_anomaly ? 'ANOMALY' : '',
    ]),
  );
  return [
    `model ${report.version}, alert above ${report.threshold.toPrecision(THRESHOLD_DIGITS)}: ${report.anomaly_count} of ${report.window_count} windows flagged`,
    '',
    devices,
    ...(shown.length === 0 ? [] : ['', windows]),
    ...explanations(report),
  ].join('\n');
}

/** The highest score first. */
function explanations({ windows, explained, not_explained: left = 0 }: ScoreReport): string[] {
  if (explained === undefined) return [];
  const texts = windows
    .filter(({ explanation }) => explanation !== undefined)
    .sort((a, b) => b.score - a.score)
    .flatMap((window) => ['', explanationText(window)]);
  return left === 0 ? texts : [...texts, '', `${left} more flagged windows are not explained.`];
}
