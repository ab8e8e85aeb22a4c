import type { ScoreReport } from '../monitoring/scoring.service.js';
import { ScoringFlowService } from '../pipeline/scoring-flow.service.js';
import type { GlobalOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import { renderTable, type Output } from './output.js';
import { withSelection } from './selection.js';
import { withApplication } from './with-application.js';

interface ScoreOptions extends GlobalOptions, SelectionOptions {
  readonly model: string;
  readonly version?: string;
  readonly all?: boolean;
}

export async function run(files: readonly string[], options: ScoreOptions, output: Output): Promise<void> {
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
    `model ${report.version}, alert above ${report.threshold.toFixed(4)}: ${report.anomaly_count} of ${report.window_count} windows flagged`,
    '',
    devices,
    ...(shown.length === 0 ? [] : ['', windows]),
  ].join('\n');
}
