import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

// The classes describe core/validation-report.ts for the API documentation; reports are made as plain objects.

const LINES = { type: 'object', additionalProperties: { type: 'integer' } } as const;

export class FindingExampleDto {
  @ApiProperty()
  file: string;

  @ApiProperty({ description: '0-based number of the record in its file' })
  record_index: number;

  @ApiProperty({ description: 'Position of its first byte in the uncompressed file' })
  byte_offset: number;

  @ApiProperty()
  detail: string;
}

export class FindingDto {
  @ApiProperty({ description: 'Stable code', example: 'timestamp_invalid' })
  code: string;

  @ApiProperty()
  message: string;

  @ApiProperty()
  count: number;

  @ApiProperty({ type: [FindingExampleDto], description: 'The first few occurrences' })
  examples: FindingExampleDto[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'required, found and missing, in unit',
  })
  details?: unknown;
}

export class DeviceGapsDto {
  @ApiProperty()
  device: string;

  @ApiProperty()
  count: number;

  @ApiProperty()
  longest_seconds: number;

  @ApiProperty({ format: 'date-time', description: 'Last line before the longest gap' })
  from: string;

  @ApiProperty({ format: 'date-time', description: 'First line after the longest gap' })
  to: string;
}

export class GapStatsDto {
  @ApiProperty({ description: 'Pauses of a device longer than one hour' })
  count: number;

  @ApiProperty()
  longest_seconds: number;

  @ApiProperty({ type: [DeviceGapsDto], description: 'Longest first, at most 20' })
  devices: DeviceGapsDto[];
}

export class DeviceClockDto {
  @ApiProperty()
  device: string;

  @ApiProperty({ enum: ['in_step', 'local_time', 'off'] })
  state: string;

  @ApiProperty({ description: 'Device clock minus arrival, median' })
  offset_seconds: number;

  @ApiProperty()
  lines_checked: number;

  @ApiProperty({ description: 'Lines more than 90 minutes away from the median' })
  lines_jumped: number;

  @ApiProperty()
  min_offset_seconds: number;

  @ApiProperty()
  max_offset_seconds: number;
}

export class ClockStatsDto {
  @ApiProperty({ description: 'A sample of the lines' })
  lines_checked: number;

  @ApiProperty()
  devices_checked: number;

  @ApiProperty()
  devices_off: number;

  @ApiProperty({ type: [DeviceClockDto], description: 'Worst first, at most 20' })
  devices: DeviceClockDto[];
}

export class DeviceLinesDto {
  @ApiProperty()
  device: string;

  @ApiProperty()
  logs: number;
}

export class ProgramLinesDto {
  @ApiProperty()
  program: string;

  @ApiProperty()
  logs: number;
}

export class LevelSpellingDto {
  @ApiProperty()
  spelling: string;

  @ApiProperty({ description: 'Level it counts as' })
  level: string;

  @ApiProperty()
  logs: number;
}

export class LevelSpellingsDto {
  @ApiProperty({
    ...LINES,
    description: 'Lines by lower, upper, mixed, abbreviated, synonym, number, unknown',
  })
  families: unknown;

  @ApiProperty({ type: [LevelSpellingDto], description: 'Most frequent first, at most 50' })
  spellings: LevelSpellingDto[];
}

export class ExportStatsDto {
  @ApiProperty()
  log_count: number;

  @ApiProperty()
  valid_logs: number;

  @ApiProperty()
  invalid_logs: number;

  @ApiProperty()
  wifi_logs: number;

  @ApiProperty()
  wifi_ratio: number;

  @ApiProperty()
  time_range_days: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  start: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  end: string | null;

  @ApiProperty({ type: [DeviceLinesDto], description: 'Most lines first, at most 100' })
  devices: DeviceLinesDto[];

  @ApiProperty()
  device_count: number;

  @ApiProperty({ type: [ProgramLinesDto], description: 'Most lines first, at most 50' })
  programs: ProgramLinesDto[];

  @ApiProperty()
  program_count: number;

  @ApiProperty({ ...LINES, description: 'Lines by level name' })
  levels: unknown;

  @ApiProperty({ description: 'Lines with the content of the line before them' })
  duplicates: number;

  @ApiProperty()
  out_of_order: number;

  @ApiProperty({ enum: ['ascending', 'descending', 'mixed', 'none'] })
  order: string;

  @ApiProperty()
  gaps: GapStatsDto;

  @ApiProperty()
  clocks: ClockStatsDto;

  @ApiProperty()
  level_spelling: LevelSpellingsDto;

  @ApiProperty()
  non_empty_windows: number;

  @ApiProperty({ description: 'Valid lines left out by the date range or the programs chosen' })
  filtered_logs: number;

  @ApiProperty({ type: Number, nullable: true })
  declared_records: number | null;
}

export class InputFileDto {
  @ApiProperty()
  name: string;

  @ApiProperty({ description: 'As stored' })
  bytes: number;

  @ApiProperty()
  uncompressed_bytes: number;

  @ApiProperty({ description: 'Of the file as stored' })
  sha256: string;

  @ApiProperty({ enum: ['json-logs', 'json-exporter', 'json-array', 'ndjson', 'csv'] })
  format: string;

  @ApiProperty({ enum: ['none', 'gzip', 'zstd'] })
  compression: string;
}

export class ValidationReportDto {
  @ApiProperty()
  is_valid: boolean;

  @ApiProperty({ type: [FindingDto] })
  errors: FindingDto[];

  @ApiProperty({ type: [FindingDto] })
  warnings: FindingDto[];

  @ApiProperty()
  stats: ExportStatsDto;

  @ApiProperty({ type: [InputFileDto] })
  files: InputFileDto[];
}
