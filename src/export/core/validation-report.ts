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
  /** Pauses longer than one hour between consecutive lines of one device: count and the longest, in seconds. */
  readonly gaps: { readonly count: number; readonly longest_seconds: number };
  /** Distinct (device, window) pairs that hold at least one line. */
  readonly non_empty_windows: number;
  /** Lines left out by the date range or the program filter (they are counted in `valid_logs`). */
  readonly filtered_logs: number;
  readonly declared_records: number | null;
}

export interface InputFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly format: 'json-logs' | 'json-exporter' | 'json-array' | 'ndjson' | 'csv';
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
