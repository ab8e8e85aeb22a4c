/** The validation report of the product contract (section 3): CLI, API and UI show this same object. */

export interface FindingExample {
  readonly file: string;
  readonly record_index: number;
  readonly byte_offset: number;
  readonly detail: string;
}

export interface Finding {
  /** Stable code, for instance `timestamp_invalid`. */
  readonly code: string;
  readonly message: string;
  readonly count: number;
  /** The first few occurrences (at most 5). */
  readonly examples: readonly FindingExample[];
  /** The numbers behind the message for programs, for instance what a training needs and what was found. */
  readonly details?: FindingDetails;
}

/** `missing` = `required` - `found`, never negative; all three in `unit`. */
export interface FindingDetails {
  readonly required: number;
  readonly found: number;
  readonly missing: number;
  readonly unit: 'windows' | 'days' | 'ratio' | 'records';
}

/**
 * `log_count`, `valid_logs` and `invalid_logs` count every record of the files. The other numbers describe the records
 * that are kept: the valid ones minus those the date range or the program filter leaves out (`filtered_logs`).
 */
export interface ExportStats {
  readonly log_count: number;
  readonly valid_logs: number;
  readonly invalid_logs: number;
  readonly wifi_logs: number;
  readonly wifi_ratio: number;
  readonly time_range_days: number;
  /** RFC 3339 UTC with Z, null when no record is valid. */
  readonly start: string | null;
  readonly end: string | null;
  /** Lines per device, most active first (at most 100 listed; `device_count` is exact). */
  readonly devices: readonly { readonly device: string; readonly logs: number }[];
  readonly device_count: number;
  /** Lines per program, most frequent first (at most 50 listed; `program_count` is exact). */
  readonly programs: readonly { readonly program: string; readonly logs: number }[];
  readonly program_count: number;
  /** Lines per normalised level name ('unknown' included). */
  readonly levels: Readonly<Record<string, number>>;
  /** Lines whose (timestamp, device, program, message) equals that of the line before it in the file. */
  readonly duplicates: number;
  /** Lines older than the line before them when the file runs oldest first (or the reverse, newest first). */
  readonly out_of_order: number;
  readonly order: 'ascending' | 'descending' | 'mixed' | 'none';
  /** Pauses longer than one hour of one device. */
  readonly gaps: GapStats;
  /** The clock in the syslog header against the arrival time, on a sample of the lines. */
  readonly clocks: ClockStats;
  /** How the levels are written, before they are normalised. */
  readonly level_spelling: LevelSpellings;
  /** Distinct (device, window) pairs that hold at least one line. */
  readonly non_empty_windows: number;
  /** Lines left out by the date range or the program filter (they are counted in `valid_logs`). */
  readonly filtered_logs: number;
  readonly declared_records: number | null;
}

/**
 * A gap is a pause of more than one hour between consecutive lines of one device in a file, or time between the lines
 * of a device in one file and in another that no file covers.
 */
export interface GapStats {
  readonly count: number;
  readonly longest_seconds: number;
  /** Devices with gaps, longest gap first (at most 20 listed; `count` is that of all). */
  readonly devices: readonly DeviceGaps[];
}

export interface DeviceGaps {
  readonly device: string;
  readonly count: number;
  readonly longest_seconds: number;
  /** Last line before and first line after the longest gap, RFC 3339 UTC. */
  readonly from: string;
  readonly to: string;
}

export interface ClockStats {
  /** Lines whose header was read for its clock: about one of 250 in large files, all of them in small ones. */
  readonly lines_checked: number;
  readonly devices_checked: number;
  readonly devices_off: number;
  /** Worst clock first (at most 20 listed). */
  readonly devices: readonly DeviceClock[];
}

export interface DeviceClock {
  readonly device: string;
  /**
   * `in_step`; `local_time`: ahead or behind by a time zone; `off`: by something else. A clock without a year in its
   * lines is compared within half a year.
   */
  readonly state: 'in_step' | 'local_time' | 'off';
  /** Device clock minus arrival: median of the lines checked. */
  readonly offset_seconds: number;
  readonly lines_checked: number;
  /** Lines more than 90 minutes away from the median: the clock was set, or lines were held back on their way. */
  readonly lines_jumped: number;
  readonly min_offset_seconds: number;
  readonly max_offset_seconds: number;
}

export interface LevelSpellings {
  /**
   * Lines by the way their level is written: `lower` (notice), `upper` (NOTICE), `mixed` (Notice), `abbreviated`
   * (err), `synonym` (fatal), `number` (5), `unknown`. Lines without a level of their own are in none.
   */
  readonly families: Readonly<Record<string, number>>;
  /** Most frequent first (at most 50 listed). */
  readonly spellings: readonly LevelSpelling[];
}

export interface LevelSpelling {
  /** As written. */
  readonly spelling: string;
  /** Name it counts as, or 'unknown'. */
  readonly level: string;
  readonly logs: number;
}

export interface InputFile {
  readonly name: string;
  /** Size as stored. */
  readonly bytes: number;
  /** Size of the text, the same as `bytes` when the file is not compressed. */
  readonly uncompressed_bytes: number;
  /** Of the file as stored. */
  readonly sha256: string;
  readonly format: 'json-logs' | 'json-exporter' | 'json-array' | 'ndjson' | 'csv';
  readonly compression: 'none' | 'gzip' | 'zstd';
}

export interface ValidationReport {
  readonly is_valid: boolean;
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
  readonly stats: ExportStats;
  readonly files: readonly InputFile[];
}

/** Lines that work goes on with: the valid ones minus those outside of the date range and the program filter. */
export function keptLogs(stats: Pick<ExportStats, 'valid_logs' | 'filtered_logs'>): number {
  return stats.valid_logs - stats.filtered_logs;
}
