import { AppError } from '../../shared/errors.js';
import { LOG_LEVELS, type LogRecord } from './log-record.js';
import { isWifiLine, isWifiProgram } from './wifi-programs.js';
import { WindowCounter } from './window-counter.js';

/** More devices than any site has: a device field that differs in each line must not fill the memory. */
const MAX_DEVICES = 100_000;
const MAX_PROGRAMS = 10_000;
const OTHER_PROGRAMS = '(other)';
const NO_PROGRAM = '(none)';
const LISTED_DEVICES = 100;
const LISTED_PROGRAMS = 50;
const GAP_MS = 3_600_000;

interface DeviceTotals {
  readonly index: number;
  logs: number;
  firstMs: number;
  lastMs: number;
  /** Time of the line before, in file order. */
  previousMs: number;
  lastWindow: number;
}

interface ProgramTotals {
  logs: number;
  readonly wifi: boolean;
}

/** Running totals over all files of a report, in memory that is bounded whatever the files hold. */
export class RecordTotals {
  valid = 0;
  invalid = 0;
  filtered = 0;
  wifi = 0;
  minMs = Infinity;
  maxMs = -Infinity;
  gapCount = 0;
  longestGapMs = 0;
  readonly windows = new WindowCounter();

  private readonly levels = new Float64Array(LOG_LEVELS.length + 1);
  private readonly devices = new Map<string, DeviceTotals>();
  private readonly programs = new Map<string, ProgramTotals>();
  private lastDeviceName = '';
  private lastDevice: DeviceTotals | null = null;
  private readonly windowMs: number;

  constructor(windowSeconds: number) {
    this.windowMs = windowSeconds * 1000;
  }

  get kept(): number {
    return this.valid - this.filtered;
  }

  /** @throws AppError `export_invalid` for more than 100,000 devices */
  addKept(record: LogRecord): void {
    const { timestampMs, level, message } = record;
    this.valid++;
    if (timestampMs < this.minMs) this.minMs = timestampMs;
    if (timestampMs > this.maxMs) this.maxMs = timestampMs;
    this.levels[level < 0 ? LOG_LEVELS.length : level]++;
    this.addToDevice(record.device, timestampMs);
    const program = this.program(record.program);
    program.logs++;
    if (program.wifi || (record.program === 'syslog' && isWifiLine(record.program, message))) this.wifi++;
  }

  addFiltered(): void {
    this.valid++;
    this.filtered++;
  }

  get deviceCount(): number {
    return this.devices.size;
  }

  get programCount(): number {
    return this.programs.size;
  }

  /** Windows between the first and the last line of each device: what a complete grid would hold. */
  gridWindows(): number {
    let windows = 0;
    for (const { firstMs, lastMs } of this.devices.values()) {
      windows += Math.floor(lastMs / this.windowMs) - Math.floor(firstMs / this.windowMs) + 1;
    }
    return windows;
  }

  listDevices(): { device: string; logs: number }[] {
    return topByLogs(this.devices, LISTED_DEVICES).map(([device, { logs }]) => ({ device, logs }));
  }

  listPrograms(): { program: string; logs: number }[] {
    return topByLogs(this.programs, LISTED_PROGRAMS).map(([name, { logs }]) => ({
      program: name || NO_PROGRAM,
      logs,
    }));
  }

  listLevels(): Record<string, number> {
    const entries = [...LOG_LEVELS, 'unknown'].map((name, i) => [name, this.levels[i]] as const);
    return Object.fromEntries(entries.filter(([, logs]) => logs > 0));
  }

  private addToDevice(name: string, timestampMs: number): void {
    const device = this.device(name, timestampMs);
    device.logs++;
    if (timestampMs < device.firstMs) device.firstMs = timestampMs;
    if (timestampMs > device.lastMs) device.lastMs = timestampMs;
    const pause = Math.abs(timestampMs - device.previousMs);
    device.previousMs = timestampMs;
    if (pause > GAP_MS) {
      this.gapCount++;
      if (pause > this.longestGapMs) this.longestGapMs = pause;
    }
    const window = Math.floor(timestampMs / this.windowMs);
    if (window !== device.lastWindow) {
      device.lastWindow = window;
      this.windows.add(device.index, window);
    }
  }

  private device(name: string, timestampMs: number): DeviceTotals {
    if (this.lastDevice !== null && this.lastDeviceName === name) return this.lastDevice;
    let device = this.devices.get(name);
    if (device === undefined) {
      if (this.devices.size >= MAX_DEVICES) {
        throw new AppError('export_invalid', `The export names more than ${MAX_DEVICES} devices.`, {
          hint: 'Check what the exporter writes into device_id (or device_ip): it must name the device, not the line.',
          details: { reason: 'too_many_devices' },
        });
      }
      device = {
        index: this.devices.size,
        logs: 0,
        firstMs: Infinity,
        lastMs: -Infinity,
        previousMs: timestampMs,
        lastWindow: -1,
      };
      this.devices.set(name, device);
    }
    this.lastDeviceName = name;
    this.lastDevice = device;
    return device;
  }

  private program(name: string): ProgramTotals {
    const known = this.programs.get(name);
    if (known !== undefined) return known;
    const full = this.programs.size >= MAX_PROGRAMS;
    if (full && !isWifiProgram(name)) {
      const other = this.programs.get(OTHER_PROGRAMS);
      if (other !== undefined) return other;
    }
    const program = { logs: 0, wifi: isWifiProgram(name) };
    this.programs.set(full && !program.wifi ? OTHER_PROGRAMS : name, program);
    return program;
  }
}

/** Ties are broken by name, so that a report does not depend on the order of the lines. */
function topByLogs<T extends { readonly logs: number }>(
  totals: ReadonlyMap<string, T>,
  limit: number,
): [string, T][] {
  const byLogs = (a: [string, T], b: [string, T]): number => b[1].logs - a[1].logs || (a[0] < b[0] ? -1 : 1);
  return [...totals].sort(byLogs).slice(0, limit);
}
