import { FileTracker } from './file-tracker.js';
import { FindingLog } from './finding-log.js';
import { describe, FILE_NOTES, INVALID_REASONS, NOTES } from './finding-messages.js';
import { RecordTotals } from './record-totals.js';
import { dataFindings, type DataNeeds } from './data-findings.js';
import { DAY_MS, formatTimestamp } from './timestamp.js';
import type { ExportStats, Finding, InputFile, ValidationReport } from './validation-report.js';

export interface CollectorOptions {
  /** Length of the windows the model will be trained on. */
  readonly windowSeconds: number;
  /** The feature set lives on WiFi lines (`features.set: wifi`). */
  readonly wifiRequired: boolean;
  /** Non-empty windows a training needs; 288 = one device for one day of 5-minute windows. */
  readonly minWindows?: number;
  readonly minSpanDays?: number;
  readonly minWifiRatio?: number;
}

/** Files that run backwards for more than this share of their steps are called mixed. */
const MIXED_SHARE = 0.1;

/** Collects what one validation report says, over any number of files. Hand each file's parser the same collector. */
export class ValidationCollector {
  private readonly totals: RecordTotals;
  private readonly log = new FindingLog();
  private readonly trackers: FileTracker[] = [];
  private readonly needs: DataNeeds;

  constructor(options: CollectorOptions) {
    this.totals = new RecordTotals(options.windowSeconds);
    this.needs = {
      windowSeconds: options.windowSeconds,
      wifiRequired: options.wifiRequired,
      minWindows: options.minWindows ?? 288,
      minSpanDays: options.minSpanDays ?? 1,
      minWifiRatio: options.minWifiRatio ?? 0.01,
    };
  }

  /** Starts the next file; the parser reports through the tracker. */
  openFile(fileName: string): FileTracker {
    const tracker = new FileTracker(fileName, this.totals, this.log);
    this.trackers.push(tracker);
    return tracker;
  }

  /** The report over everything collected so far. `files` are listed as given. */
  finish(files: readonly InputFile[]): ValidationReport {
    const stats = this.stats();
    const { errors, warnings } = dataFindings(stats, this.needs, this.totals.gridWindows());
    const reasons = this.logged(Object.keys(INVALID_REASONS));
    // A few bad records are worth a warning; where most are bad, their reasons are the error.
    const mostlyInvalid = stats.invalid_logs * 2 > stats.log_count;
    const notes = this.logged([...Object.keys(NOTES), ...Object.keys(FILE_NOTES)]);
    const outOfOrder = this.outOfOrder(stats.out_of_order);
    const allErrors = mostlyInvalid ? [...errors, ...reasons] : errors;
    return {
      is_valid: allErrors.length === 0,
      errors: allErrors,
      warnings: [...warnings, ...(mostlyInvalid ? [] : reasons), ...notes, ...outOfOrder],
      stats,
      files: [...files],
    };
  }

  private logged(codes: readonly string[]): Finding[] {
    return codes.flatMap((code) => {
      const tally = this.log.get(code);
      if (tally === undefined) return [];
      return [
        { code, message: describe(code, tally.count), count: tally.count, examples: [...tally.examples] },
      ];
    });
  }

  private outOfOrder(count: number): Finding[] {
    if (count === 0) return [];
    const examples = this.trackers
      .flatMap((tracker) =>
        tracker.outOfOrderPlaces().map(({ recordIndex, byteOffset }) => ({
          file: tracker.fileName,
          record_index: recordIndex,
          byte_offset: byteOffset,
          detail: '',
        })),
      )
      .slice(0, 5);
    return [{ code: 'out_of_order', message: describe('out_of_order', count), count, examples }];
  }

  private stats(): ExportStats {
    const { totals, trackers } = this;
    const kept = totals.kept;
    const declared = trackers.filter(({ declaredRecords }) => declaredRecords !== null);
    const sum = (pick: (tracker: FileTracker) => number): number => trackers.reduce((n, t) => n + pick(t), 0);
    return {
      log_count: totals.valid + totals.invalid,
      valid_logs: totals.valid,
      invalid_logs: totals.invalid,
      wifi_logs: totals.wifi,
      wifi_ratio: kept === 0 ? 0 : totals.wifi / kept,
      time_range_days: kept === 0 ? 0 : (totals.maxMs - totals.minMs) / DAY_MS,
      start: kept === 0 ? null : formatTimestamp(totals.minMs),
      end: kept === 0 ? null : formatTimestamp(totals.maxMs),
      devices: totals.listDevices(),
      device_count: totals.deviceCount,
      programs: totals.listPrograms(),
      program_count: totals.programCount,
      levels: totals.listLevels(),
      duplicates: sum(({ duplicates }) => duplicates),
      out_of_order: sum(({ forward, backward }) => Math.min(forward, backward)),
      order: this.order(),
      gaps: { count: totals.gapCount, longest_seconds: Math.floor(totals.longestGapMs / 1000) },
      non_empty_windows: totals.windows.count,
      filtered_logs: totals.filtered,
      declared_records: declared.length === 0 ? null : sum(({ declaredRecords }) => declaredRecords ?? 0),
    };
  }

  private order(): ExportStats['order'] {
    const orders = new Set(
      this.trackers
        .filter(({ forward, backward }) => forward + backward > 0)
        .map(({ forward, backward }) => {
          if (Math.min(forward, backward) > MIXED_SHARE * (forward + backward)) return 'mixed';
          return forward > backward ? 'ascending' : 'descending';
        }),
    );
    const [first] = orders;
    if (orders.size === 0) return 'none';
    return orders.size === 1 ? first : 'mixed';
  }
}
