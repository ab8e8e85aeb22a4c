import type { Finding, ValidationReport } from '../export/core/validation-report.js';
import { ExportValidationService } from '../export/export-validation.service.js';
import { ingestTask } from '../pipeline/ingest-task.js';
import { ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import { renderTable, type Output } from './output.js';
import { selection } from './selection.js';

/** No database, no Nest: a file is read and described. */
export async function run(
  files: readonly string[],
  options: GlobalOptions & SelectionOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  const config = configuration(options, output);
  const interrupt = interruptSignal();
  try {
    const report = await new ExportValidationService().validate(
      ingestTask(selection(files, options), config.values),
      {
        signal: interrupt.signal,
        onProgress: (fraction, message) => {
          output.progress(fraction * 100, message);
        },
      },
    );
    output.result(report, () => describeReport(report));
    if (!report.is_valid) state.exitCode = ERROR_KINDS.export_invalid.exitCode;
  } finally {
    interrupt.release();
  }
}

export function describeReport(report: ValidationReport): string {
  const { stats } = report;
  const rows: [string, string][] = [
    ...report.files.map(({ name, bytes, format }): [string, string] => [
      'file',
      `${name} (${format}, ${bytes} bytes)`,
    ]),
    ['log lines', `${stats.log_count} (${stats.valid_logs} valid, ${stats.invalid_logs} invalid)`],
    ['WiFi lines', `${stats.wifi_logs} (${(stats.wifi_ratio * 100).toFixed(1)} %)`],
    [
      'time range',
      stats.start === null
        ? '-'
        : `${stats.start} to ${String(stats.end)} (${stats.time_range_days.toFixed(1)} days, ${stats.order})`,
    ],
    [
      'devices',
      `${stats.device_count}: ${stats.devices
        .slice(0, 5)
        .map(({ device, logs }) => `${device} (${logs})`)
        .join(', ')}`,
    ],
    [
      'programs',
      `${stats.program_count}: ${stats.programs
        .slice(0, 5)
        .map(({ program, logs }) => `${program === '' ? '(none)' : program} (${logs})`)
        .join(', ')}`,
    ],
    ['non-empty windows', String(stats.non_empty_windows)],
    ['repeated lines', String(stats.duplicates)],
  ];
  const lines = [renderTable(['export', ''], rows), ''];
  for (const error of report.errors) lines.push(...describeFinding('error', error));
  for (const warning of report.warnings) lines.push(...describeFinding('warning', warning));
  lines.push(report.is_valid ? 'The export is valid for training.' : 'The export is NOT valid for training.');
  return lines.join('\n');
}

function describeFinding(kind: string, finding: Finding): string[] {
  const examples = finding.examples
    .slice(0, 3)
    .map(
      ({ file, record_index: record, byte_offset: offset, detail }) =>
        `    ${file}, record ${record}, byte ${offset}${detail === '' ? '' : `: ${detail}`}`,
    );
  return [`${kind} ${finding.code}: ${finding.message}`, ...examples];
}
