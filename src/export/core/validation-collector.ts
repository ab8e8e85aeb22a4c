import { ClockTotals, type ClockTotalsState } from './clock-totals.js';
import { DeviceTotals, type DeviceTotalsState } from './device-totals.js';
import { FileTracker, type FileTrackerState, type SharedTotals } from './file-tracker.js';
import { FindingLog, type FindingLogState, type FoundPlace } from './finding-log.js';
import type { DataNeeds } from './data-findings.js';
import { LevelCounter, type LevelCounterState } from './level-spelling.js';
import type { NameTable, RecordNames } from './name-table.js';
import { RecordTotals, type RecordTotalsState } from './record-totals.js';
import { buildReport } from './report-builder.js';
import { RowFilter, type RowFilterOptions } from './row-filter.js';
import type { InputFile, ValidationReport } from './validation-report.js';
import { WindowCounter, type WindowCounterState } from './window-counter.js';

export interface CollectorOptions extends RowFilterOptions {
  /** The numbers in the batches that are taken. */
  readonly names: RecordNames;
  /** Length of the windows the model will be trained on. */
  readonly windowSeconds: number;
  /** The feature set lives on WiFi lines (`features.set: wifi`). */
  readonly wifiRequired: boolean;
  /** Non-empty windows a training needs; 288 = one device for one day of 5-minute windows. */
  readonly minWindows?: number;
  readonly minSpanDays?: number;
  readonly minWifiRatio?: number;
}

/** Everything collected, as plain data that may be sent to another thread. */
export interface CollectorState {
  /** Names by number. */
  readonly devices: readonly string[];
  readonly programs: readonly string[];
  readonly files: readonly FileTrackerState[];
  readonly totals: RecordTotalsState;
  readonly deviceTotals: DeviceTotalsState;
  readonly windows: WindowCounterState;
  readonly levels: LevelCounterState;
  readonly clocks: ClockTotalsState;
  readonly log: FindingLogState;
}

/** Collects what one validation report says, over any number of files or parts of files. */
export class ValidationCollector {
  private readonly shared: SharedTotals;
  private readonly deviceTotals = new DeviceTotals();
  private readonly trackers: FileTracker[] = [];
  private readonly needs: DataNeeds;

  constructor(options: CollectorOptions) {
    this.shared = {
      names: options.names,
      totals: new RecordTotals(new RowFilter(options), options.names.programs),
      windows: new WindowCounter(),
      windowMs: options.windowSeconds * 1000,
      levels: new LevelCounter(),
      clocks: new ClockTotals(),
      log: new FindingLog(),
    };
    this.needs = {
      windowSeconds: options.windowSeconds,
      wifiRequired: options.wifiRequired,
      minWindows: options.minWindows ?? 288,
      minSpanDays: options.minSpanDays ?? 1,
      minWifiRatio: options.minWifiRatio ?? 0.01,
    };
  }

  /**
   * Starts the next file; the one before is complete. The parser reports through the tracker.
   *
   * @param continues this collector reads a part of the file that is not its beginning: the collector that absorbs
   *   this one holds what comes before. For the first file of a collector only
   */
  openFile(fileName: string, continues = false): FileTracker {
    this.settleLast();
    const tracker = new FileTracker(fileName, this.trackers.length, continues, this.shared);
    this.trackers.push(tracker);
    return tracker;
  }

  /** The report over everything collected so far. `files` are listed as given. */
  finish(files: readonly InputFile[]): ValidationReport {
    // On a copy, so that collecting can go on.
    const devices = new DeviceTotals();
    const { deviceTotals, trackers, shared, needs } = this;
    devices.absorb(deviceTotals.exportState(), identity(shared.names.devices.size));
    for (const tracker of trackers) if (tracker.devices !== null) devices.addFile(tracker.devices);
    devices.closeGapsBetweenFiles();
    return buildReport({ ...shared, devices, trackers, needs, files });
  }

  exportState(): CollectorState {
    const { names, totals, windows, levels, clocks, log } = this.shared;
    return {
      devices: [...names.devices.names()],
      programs: [...names.programs.names()],
      files: this.trackers.map((tracker) => tracker.exportState()),
      totals: totals.exportState(),
      deviceTotals: this.deviceTotals.exportState(),
      windows: windows.exportState(),
      levels: levels.exportState(),
      clocks: clocks.exportState(),
      log: log.exportState(),
    };
  }

  /**
   * Adds what another collector has collected, as if its records had followed ours. Its first file goes on with our
   * last one when it was opened as a continuation.
   *
   * @throws AppError `export_invalid` when both together name too many devices or are too scattered
   */
  absorb(state: CollectorState): void {
    const { names, totals, windows, levels, clocks, log } = this.shared;
    const deviceIds = numbersIn(names.devices, state.devices);
    const programIds = numbersIn(names.programs, state.programs);
    const last = this.trackers.at(-1);
    const continued = last !== undefined && state.files.length > 0 && state.files[0].continues ? last : null;
    const firstFile = this.trackers.length - (continued === null ? 0 : 1);
    const records = continued?.recordCount ?? 0;
    const moved = (place: FoundPlace): FoundPlace => ({
      ...place,
      file: firstFile + place.file,
      recordIndex: place.recordIndex + (place.file === 0 ? records : 0),
    });
    for (const [i, file] of state.files.entries()) {
      const tracker =
        i === 0 && continued !== null ? continued : this.openFile(file.fileName, file.continues);
      tracker.absorb(file, deviceIds, programIds);
    }
    totals.absorb(state.totals, programIds);
    this.deviceTotals.absorb(state.deviceTotals, deviceIds);
    windows.absorb(state.windows, deviceIds);
    levels.absorb(state.levels);
    clocks.absorb(state.clocks, deviceIds, moved);
    log.absorb(state.log, moved);
  }

  /** Adds the file before to the totals, unless a part that comes before it is still to be joined to it. */
  private settleLast(): void {
    const last = this.trackers.at(-1);
    if (last === undefined || last.devices === null || last.continues) return;
    this.deviceTotals.addFile(last.devices);
    last.devices = null;
  }
}

/** Our number of each of their names. */
function numbersIn(table: NameTable, names: readonly string[]): Int32Array {
  return Int32Array.from(names, (name) => table.id(name));
}

function identity(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => i);
}
