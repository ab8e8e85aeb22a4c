import { plural, countText } from './finding-messages.js';
import type { ExportStats, Finding, FindingDetails } from './validation-report.js';

/** What a training needs of its data. */
export interface DataNeeds {
  readonly windowSeconds: number;
  readonly wifiRequired: boolean;
  readonly minWindows: number;
  readonly minSpanDays: number;
  readonly minWifiRatio: number;
}

const LOW_WIFI_RATIO = 0.1;
const WEEK_DAYS = 7;
/** Below this share of filled windows the grid is mostly silence. */
const SPARSE_SHARE = 0.1;

/** Percentages and days for people: as few digits as tell the value from the bound it is compared with. */
function rounded(value: number): string {
  return value !== 0 && value < 0.1 ? value.toPrecision(1) : String(Math.round(value * 10) / 10);
}

const percent = (ratio: number): string => `${rounded(ratio * 100)} %`;

/** "10 windows of 5 minutes". */
function windowCount(count: number, seconds: number): string {
  const length = seconds % 60 === 0 ? plural(seconds / 60, 'minute') : plural(seconds, 'second');
  return `${plural(count, 'window')} of ${length}`;
}

function finding(code: string, message: string, count: number, details?: FindingDetails): Finding {
  return { code, message, count, examples: [], ...(details === undefined ? {} : { details }) };
}

function need(unit: FindingDetails['unit'], required: number, found: number): FindingDetails {
  return { required, found, missing: Math.max(0, required - found), unit };
}

/** Findings about the data as a whole: is there enough of it, and of the right kind, to train on? */
export function dataFindings(
  stats: ExportStats,
  needs: DataNeeds,
  gridWindows: number,
): { errors: Finding[]; warnings: Finding[] } {
  const kept = stats.valid_logs - stats.filtered_logs;
  const errors = recordErrors(stats, kept);
  // Without a single record every other number is 0, and saying so three times helps nobody.
  if (kept === 0) return { errors, warnings: [] };
  const { windowErrors, windowWarnings } = windowFindings(stats, needs, gridWindows);
  const { wifiErrors, wifiWarnings } = wifiFindings(stats, needs, kept);
  const gaps = stats.gaps.count;
  const gapWarnings =
    gaps === 0
      ? []
      : [
          finding(
            'gaps',
            `${plural(gaps, 'pause')} of a device longer than one hour; the longest lasts ${rounded(stats.gaps.longest_seconds / 3600)} hours.`,
            gaps,
          ),
        ];
  return {
    errors: [...errors, ...windowErrors, ...wifiErrors],
    warnings: [...windowWarnings, ...wifiWarnings, ...gapWarnings],
  };
}

function recordErrors(stats: ExportStats, kept: number): Finding[] {
  if (stats.log_count === 0) return [finding('no_records', 'The export holds no log records.', 1)];
  if (stats.valid_logs === 0) {
    const message = `None of the ${plural(stats.log_count, 'record')} is a valid log record.`;
    return [finding('no_valid_records', message, stats.invalid_logs, need('records', 1, 0))];
  }
  if (kept === 0) {
    const message = `None of the ${plural(stats.valid_logs, 'valid record')} lies in the chosen date range and programs.`;
    return [finding('no_records_selected', message, stats.filtered_logs, need('records', 1, 0))];
  }
  if (stats.invalid_logs * 2 > stats.log_count) {
    const message = `${countText(stats.invalid_logs)} of ${plural(stats.log_count, 'record')} are not valid: more than half. Check that this is a log export.`;
    return [finding('mostly_invalid', message, stats.invalid_logs)];
  }
  return [];
}

function windowFindings(
  stats: ExportStats,
  needs: DataNeeds,
  gridWindows: number,
): { windowErrors: Finding[]; windowWarnings: Finding[] } {
  const windowErrors: Finding[] = [];
  const windowWarnings: Finding[] = [];
  const found = stats.non_empty_windows;
  if (found < needs.minWindows) {
    const missing = needs.minWindows - found;
    const message = `Not enough data to train: ${windowCount(found, needs.windowSeconds)} ${found === 1 ? 'holds' : 'hold'} log lines, at least ${countText(needs.minWindows)} are needed; ${countText(missing)} ${missing === 1 ? 'is' : 'are'} missing. Export a longer time range or more devices.`;
    windowErrors.push(
      finding('not_enough_windows', message, missing, need('windows', needs.minWindows, found)),
    );
  }
  const days = stats.time_range_days;
  if (days < needs.minSpanDays) {
    const message = `Not enough data to train: the log lines cover ${rounded(days)} days, at least ${plural(needs.minSpanDays, 'day')} must be covered. Export a longer time range.`;
    windowErrors.push(finding('not_enough_span', message, 1, need('days', needs.minSpanDays, days)));
  } else if (days < WEEK_DAYS) {
    const message = `The log lines cover ${rounded(days)} days, less than a week: what is normal for an hour or a weekday is only partly covered.`;
    windowWarnings.push(finding('short_span', message, 1, need('days', WEEK_DAYS, days)));
  }
  if (gridWindows >= needs.minWindows && found < SPARSE_SHARE * gridWindows) {
    const message = `Only ${percent(found / gridWindows)} of the ${windowCount(gridWindows, needs.windowSeconds)} between the first and the last line of each device hold log lines: the devices are mostly silent, or lines are missing from the export.`;
    windowWarnings.push(finding('sparse', message, gridWindows - found));
  }
  return { windowErrors, windowWarnings };
}

function wifiFindings(
  stats: ExportStats,
  needs: DataNeeds,
  kept: number,
): { wifiErrors: Finding[]; wifiWarnings: Finding[] } {
  const none = { wifiErrors: [], wifiWarnings: [] };
  if (!needs.wifiRequired || stats.wifi_ratio >= LOW_WIFI_RATIO) return none;
  const wifi = stats.wifi_logs;
  const share =
    wifi === 0
      ? `none of the ${plural(kept, 'line')} comes`
      : `${countText(wifi)} of ${plural(kept, 'line')} (${percent(stats.wifi_ratio)}) ${wifi === 1 ? 'comes' : 'come'}`;
  const text = `${share} from a WiFi program (hostapd, wpa_supplicant, wlceventd, acsd, roamast, ...)`;
  if (stats.wifi_ratio < needs.minWifiRatio) {
    const message = `Not enough WiFi lines to train a model of WiFi features: ${text}, at least ${percent(needs.minWifiRatio)} must. Use features.set "system" for logs without WiFi lines, or export the WiFi programs too.`;
    const details = need('ratio', needs.minWifiRatio, stats.wifi_ratio);
    return { wifiErrors: [finding('not_enough_wifi', message, kept - wifi, details)], wifiWarnings: [] };
  }
  const message = `Few WiFi lines: ${text}. Most WiFi features will be empty; consider features.set "system".`;
  return { wifiErrors: [], wifiWarnings: [finding('wifi_ratio_low', message, kept - wifi)] };
}
