import type { ClockTotals } from './clock-totals.js';
import { dataFindings, type DataNeeds } from './data-findings.js';
import type { DeviceTotals } from './device-totals.js';
import type { FileTracker } from './file-tracker.js';
import type { FindingLog, FoundPlace } from './finding-log.js';
import { describe, FILE_NOTES, INVALID_REASONS, NOTES } from './finding-messages.js';
import type { LevelCounter } from './level-spelling.js';
import type { RecordNames } from './name-table.js';
import type { RecordTotals } from './record-totals.js';
import { DAY_MS, formatTimestamp } from './timestamp.js';
import type {
  DeviceGaps,
  ExportStats,
  Finding,
  FindingExample,
  InputFile,
  ValidationReport,
} from './validation-report.js';
import type { WindowCounter } from './window-counter.js';

/** Files that run backwards for more than this share of their steps are called mixed. */
const MIXED_SHARE = 0.1;
const MAX_EXAMPLES = 5;
const LISTED_DEVICES = 100;
const LISTED_PROGRAMS = 50;
const LISTED_GAPS = 20;
const NO_PROGRAM = '(none)';

/** Everything a report is made of. */
export interface ReportParts {
  readonly names: RecordNames;
  readonly totals: RecordTotals;
  /** All files, gaps between them included. */
  readonly devices: DeviceTotals;
  readonly windows: WindowCounter;
  readonly windowMs: number;
  readonly levels: LevelCounter;
  readonly clocks: ClockTotals;
  readonly log: FindingLog;
  readonly trackers: readonly FileTracker[];
  readonly needs: DataNeeds;
  readonly files: readonly InputFile[];
}

/** Turns what was counted into the report that people and programs read. */
export function buildReport(parts: ReportParts): ValidationReport {
  const stats = statsOf(parts);
  const { errors, warnings } = dataFindings(stats, parts.needs, gridWindows(parts));
  const reasons = logged(parts, Object.keys(INVALID_REASONS));
  // A few bad records are worth a warning; where most are bad, their reasons are the error.
  const mostlyInvalid = stats.invalid_logs * 2 > stats.log_count;
  const allErrors = mostlyInvalid ? [...errors, ...reasons] : errors;
  return {
    is_valid: allErrors.length === 0,
    errors: allErrors,
    warnings: [
      ...warnings.map((warning) => withGapPlaces(warning, parts)),
      ...(mostlyInvalid ? [] : reasons),
      ...logged(parts, [...Object.keys(NOTES), ...Object.keys(FILE_NOTES)]),
      ...endFindings(parts),
      ...clockFindings(parts),
      ...levelFindings(parts),
      ...outOfOrder(parts, stats.out_of_order),
    ],
    stats,
    files: [...parts.files],
  };
}

function statsOf(parts: ReportParts): ExportStats {
  const { totals, trackers, names, windows, clocks, levels } = parts;
  const { kept, wifi } = totals;
  const { minMs, maxMs } = spanOf(parts);
  const declared = trackers.filter(({ declaredRecords }) => declaredRecords !== null);
  const sum = (pick: (tracker: FileTracker) => number): number => trackers.reduce((n, t) => n + pick(t), 0);
  const devices = deviceCounts(parts);
  const programs = totals.programCounts().map(({ id, logs }) => ({ name: names.programs.name(id), logs }));
  const { families, spellings } = levels.result();
  return {
    log_count: totals.valid + totals.invalid,
    valid_logs: totals.valid,
    invalid_logs: totals.invalid,
    wifi_logs: wifi,
    wifi_ratio: kept === 0 ? 0 : wifi / kept,
    time_range_days: kept === 0 ? 0 : (maxMs - minMs) / DAY_MS,
    start: kept === 0 ? null : formatTimestamp(minMs),
    end: kept === 0 ? null : formatTimestamp(maxMs),
    devices: mostLogs(devices, LISTED_DEVICES).map(({ name, logs }) => ({ device: name, logs })),
    device_count: devices.length,
    programs: mostLogs(programs, LISTED_PROGRAMS).map(({ name, logs }) => ({
      program: name || NO_PROGRAM,
      logs,
    })),
    program_count: programs.length,
    levels: totals.listLevels(),
    duplicates: sum(({ order }) => order.duplicates),
    out_of_order: sum(({ order }) => Math.min(order.forward, order.backward)),
    order: orderOf(trackers),
    gaps: gapsOf(parts),
    clocks: clocks.result((id) => names.devices.name(id)).stats,
    level_spelling: { families, spellings },
    non_empty_windows: windows.count,
    filtered_logs: totals.filtered,
    declared_records: declared.length === 0 ? null : sum(({ declaredRecords }) => declaredRecords ?? 0),
  };
}

/** Earliest and latest kept line. */
function spanOf({ devices: { size, columns } }: ReportParts): { minMs: number; maxMs: number } {
  let minMs = Infinity;
  let maxMs = -Infinity;
  for (let id = 0; id < size; id++) {
    if (columns.logs[id] === 0) continue;
    minMs = Math.min(minMs, columns.minMs[id]);
    maxMs = Math.max(maxMs, columns.maxMs[id]);
  }
  return { minMs, maxMs };
}

interface NamedCount {
  readonly name: string;
  readonly logs: number;
}

function deviceCounts({ devices, names }: ReportParts): NamedCount[] {
  const counts: NamedCount[] = [];
  for (let id = 0; id < devices.size; id++) {
    const logs = devices.columns.logs[id];
    if (logs > 0) counts.push({ name: names.devices.name(id), logs });
  }
  return counts;
}

/** Ties are broken by name, so that a report does not depend on the order of the lines. */
function mostLogs(counts: NamedCount[], limit: number): NamedCount[] {
  return counts.sort((a, b) => b.logs - a.logs || (a.name < b.name ? -1 : 1)).slice(0, limit);
}

/** Windows between the first and the last line of each device: what a complete grid would hold. */
function gridWindows({ devices, windowMs }: ReportParts): number {
  const { logs, minMs, maxMs } = devices.columns;
  let windows = 0;
  for (let id = 0; id < devices.size; id++) {
    if (logs[id] > 0) windows += Math.floor(maxMs[id] / windowMs) - Math.floor(minMs[id] / windowMs) + 1;
  }
  return windows;
}

function gapsOf({ devices, names }: ReportParts): ExportStats['gaps'] {
  const { gaps, longestGapMs, gapFromMs } = devices.columns;
  const name = (id: number): string => names.devices.name(id);
  const ids: number[] = [];
  let count = 0;
  for (let id = 0; id < devices.size; id++) {
    count += gaps[id];
    if (gaps[id] > 0) ids.push(id);
  }
  ids.sort((a, b) => longestGapMs[b] - longestGapMs[a] || gaps[b] - gaps[a] || (name(a) < name(b) ? -1 : 1));
  const listed = ids.slice(0, LISTED_GAPS).map((id): DeviceGaps => {
    return {
      device: name(id),
      count: gaps[id],
      longest_seconds: Math.floor(longestGapMs[id] / 1000),
      from: formatTimestamp(gapFromMs[id]),
      to: formatTimestamp(gapFromMs[id] + longestGapMs[id]),
    };
  });
  return { count, longest_seconds: listed.at(0)?.longest_seconds ?? 0, devices: listed };
}

function orderOf(trackers: readonly FileTracker[]): ExportStats['order'] {
  const orders = new Set(
    trackers
      .filter(({ order: { forward, backward } }) => forward + backward > 0)
      .map(({ order: { forward, backward } }) => {
        if (Math.min(forward, backward) > MIXED_SHARE * (forward + backward)) return 'mixed';
        return forward > backward ? 'ascending' : 'descending';
      }),
  );
  const [first] = orders;
  if (orders.size === 0) return 'none';
  return orders.size === 1 ? first : 'mixed';
}

function examples({ trackers }: ReportParts, places: readonly FoundPlace[]): FindingExample[] {
  return places.slice(0, MAX_EXAMPLES).map(({ file, recordIndex, byteOffset, detail }) => ({
    file: trackers[file].fileName,
    record_index: recordIndex,
    byte_offset: byteOffset,
    detail,
  }));
}

function logged(parts: ReportParts, codes: readonly string[]): Finding[] {
  return codes.flatMap((code) => {
    const tally = parts.log.get(code);
    if (tally === undefined) return [];
    const { count } = tally;
    // Repeats are counted by the files, the log only keeps the first ones.
    return [finding(parts, code, code === 'duplicates' ? repeats(parts) : count, tally.places)];
  });
}

const repeats = ({ trackers }: ReportParts): number =>
  trackers.reduce((count, { order }) => count + order.duplicates, 0);

function finding(parts: ReportParts, code: string, count: number, places: readonly FoundPlace[]): Finding {
  return { code, message: describe(code, count), count, examples: examples(parts, places) };
}

/** What is only known at the end of a file. */
function endFindings(parts: ReportParts): Finding[] {
  const found = parts.trackers.flatMap((tracker) => tracker.endFindings());
  return Object.keys(FILE_NOTES).flatMap((code) => {
    const places = found.filter((end) => end.code === code).map(({ place }) => place);
    return places.length === 0 ? [] : [finding(parts, code, places.length, places)];
  });
}

function withGapPlaces(warning: Finding, parts: ReportParts): Finding {
  if (warning.code !== 'gaps') return warning;
  return { ...warning, examples: examples(parts, parts.log.get('gaps')?.places ?? []) };
}

function clockFindings(parts: ReportParts): Finding[] {
  const { off, jumps } = parts.clocks.result((id) => parts.names.devices.name(id));
  return [
    ...(off.count === 0 ? [] : [finding(parts, 'clock_skew', off.count, off.places)]),
    ...(jumps.count === 0 ? [] : [finding(parts, 'clock_jumps', jumps.count, jumps.places)]),
  ];
}

function levelFindings(parts: ReportParts): Finding[] {
  const { severalWays } = parts.levels.result();
  if (severalWays.length === 0) return [];
  const ways = severalWays.map((spellings) => spellings.map(({ spelling }) => `"${spelling}"`).join(' and '));
  const message = `${describe('level_spelling', severalWays.length)} ${ways.join('; ')}.`;
  return [{ code: 'level_spelling', message, count: severalWays.length, examples: [] }];
}

function outOfOrder(parts: ReportParts, count: number): Finding[] {
  if (count === 0) return [];
  const places = parts.trackers.flatMap(({ order, index }) =>
    order.outOfOrderPlaces().map((place) => ({ ...place, file: index, detail: '' })),
  );
  return [finding(parts, 'out_of_order', count, places)];
}
