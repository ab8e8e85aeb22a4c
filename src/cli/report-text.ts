import { durationText, offsetText } from '../export/core/clock-totals.js';
import { countText, plural } from '../export/core/finding-messages.js';
import type {
  DeviceClock,
  ExportStats,
  Finding,
  InputFile,
  ValidationReport,
} from '../export/core/validation-report.js';

const LISTED_DEVICES = 10;
const LISTED_PROGRAMS = 10;
const LISTED_SPELLINGS = 4;
const SHOWN_EXAMPLES = 3;
/** Names longer than this are cut: a table is to be read. */
const NAME_CHARS = 40;

const ORDERS: Readonly<Record<ExportStats['order'], string>> = {
  ascending: 'oldest first',
  descending: 'newest first',
  mixed: 'in no order',
  none: 'all at one time',
};

/** The validation report for people: files, figures, devices, programs, levels, then what was found. */
export function describeReport(report: ValidationReport): string {
  const { stats } = report;
  const sections = [
    filesTable(report.files),
    figures(stats),
    devicesTable(stats),
    programsTable(stats),
    levelsTable(stats),
    [...findings('error', report.errors), ...findings('warning', report.warnings)].join('\n'),
    report.is_valid ? 'The export is valid for training.' : 'The export is NOT valid for training.',
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function filesTable(files: readonly InputFile[]): string {
  if (files.length === 0) return '';
  return table(
    ['file', 'kind', 'compression', '>bytes', '>uncompressed'],
    files.map((file) => [
      file.name,
      file.format,
      file.compression,
      countText(file.bytes),
      countText(file.uncompressed_bytes),
    ]),
  );
}

function figures(stats: ExportStats): string {
  const { gaps, clocks } = stats;
  const kept = stats.valid_logs - stats.filtered_logs;
  const invalid = `${countText(stats.valid_logs)} valid, ${countText(stats.invalid_logs)} invalid`;
  const leftOut = stats.filtered_logs === 0 ? '' : `, ${countText(kept)} in the dates and programs chosen`;
  const rows: [string, string][] = [
    ['log lines', `${countText(stats.log_count)} (${invalid}${leftOut})`],
    ['WiFi lines', `${countText(stats.wifi_logs)} (${(stats.wifi_ratio * 100).toFixed(1)} %)`],
    [
      'time',
      stats.start === null || stats.end === null
        ? '-'
        : `${stats.start} to ${stats.end} (${stats.time_range_days.toFixed(1)} days, ${ORDERS[stats.order]})`,
    ],
    ['windows with lines', countText(stats.non_empty_windows)],
    ['repeated lines', countText(stats.duplicates)],
    ['lines out of order', countText(stats.out_of_order)],
    [
      'gaps over 1 hour',
      gaps.count === 0 ? '0' : `${countText(gaps.count)}, the longest ${durationText(gaps.longest_seconds)}`,
    ],
    [
      'clocks',
      clocks.lines_checked === 0
        ? 'not shown in the lines'
        : `${countText(clocks.devices_off)} of ${plural(clocks.devices_checked, 'device')} off (${plural(clocks.lines_checked, 'line')} checked)`,
    ],
  ];
  return table([], rows);
}

/** The busiest devices, and behind them those with the longest gaps and the worst clocks. */
function devicesTable(stats: ExportStats): string {
  const { devices, gaps, clocks, device_count: count } = stats;
  if (count === 0) return '';
  const lines = new Map(devices.map(({ device, logs }) => [device, logs]));
  const gapsOf = new Map(gaps.devices.map((entry) => [entry.device, entry]));
  const clockOf = new Map(clocks.devices.map((entry) => [entry.device, entry]));
  const wrong = clocks.devices.filter(({ state, lines_jumped: jumped }) => state === 'off' || jumped > 0);
  const listed = new Set([
    ...devices.slice(0, LISTED_DEVICES).map(({ device }) => device),
    ...gaps.devices.slice(0, LISTED_DEVICES / 2).map(({ device }) => device),
    ...wrong.slice(0, LISTED_DEVICES / 2).map(({ device }) => device),
  ]);
  // Where the report lists all gaps, a device that is not listed has none.
  const noGaps = gaps.devices.reduce((sum, entry) => sum + entry.count, 0) === gaps.count ? '0' : '';
  const rows = [...listed].map((device) => {
    const gap = gapsOf.get(device);
    const logs = lines.get(device);
    return [
      shortened(device),
      logs === undefined ? '' : countText(logs),
      gap === undefined ? noGaps : countText(gap.count),
      gap === undefined ? '' : `${durationText(gap.longest_seconds)} from ${gap.from}`,
      clockText(clockOf.get(device)),
    ];
  });
  const text = table([`device (${countText(count)})`, '>lines', '>gaps', 'longest gap', 'clock'], rows);
  return withRest(text, count - listed.size, 'devices');
}

function clockText(clock: DeviceClock | undefined): string {
  if (clock === undefined) return '';
  const jumps =
    clock.lines_jumped === 0
      ? ''
      : `, elsewhere on ${countText(clock.lines_jumped)} of ${countText(clock.lines_checked)} lines`;
  const zone = clock.state === 'local_time' ? ' (local time)' : '';
  return `${clock.state === 'in_step' ? 'in step' : offsetText(clock.offset_seconds)}${zone}${jumps}`;
}

function programsTable(stats: ExportStats): string {
  const { programs, program_count: count } = stats;
  if (count === 0) return '';
  const listed = programs.slice(0, LISTED_PROGRAMS);
  const rows = listed.map(({ program, logs }) => [shortened(program), countText(logs)]);
  return withRest(
    table([`program (${countText(count)})`, '>lines'], rows),
    count - listed.length,
    'programs',
  );
}

function levelsTable(stats: ExportStats): string {
  const levels = Object.entries(stats.levels);
  if (levels.length === 0) return '';
  const rows = levels.map(([level, logs]) => {
    const spellings = stats.level_spelling.spellings.filter((entry) => entry.level === level);
    const more = spellings.length > LISTED_SPELLINGS ? ', ...' : '';
    const written = spellings
      .slice(0, LISTED_SPELLINGS)
      .map(({ spelling, logs: written }) => `${shortened(spelling)} (${countText(written)})`);
    return [level, countText(logs), `${written.join(', ')}${more}`];
  });
  return table(['level', '>lines', 'written as'], rows);
}

function findings(kind: string, list: readonly Finding[]): string[] {
  return list.flatMap(({ code, message, examples }) => {
    const shown = examples.slice(0, SHOWN_EXAMPLES).map((example) => {
      const { file, record_index: record, byte_offset: offset, detail } = example;
      return `    ${file}, record ${record}, byte ${offset}${detail === '' ? '' : `: ${detail}`}`;
    });
    return [`${kind} ${code}: ${message}`, ...shown];
  });
}

function withRest(text: string, rest: number, what: string): string {
  return rest <= 0 ? text : `${text}\n... and ${countText(rest)} more ${what}`;
}

function shortened(name: string): string {
  const chars = Array.from(name);
  return chars.length <= NAME_CHARS ? name : `${chars.slice(0, NAME_CHARS - 3).join('')}...`;
}

/** Columns two spaces apart; those whose heading begins with `>` are aligned to the right. No heading, no head line. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const right = headings.map((heading) => heading.startsWith('>'));
  const head = headings.map((heading) => heading.replace(/^>/, ''));
  const all = head.length === 0 ? rows : [head, ...rows];
  const widths = (all.at(0) ?? []).map((_, i) => Math.max(...all.map((row) => row[i].length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => (right[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
