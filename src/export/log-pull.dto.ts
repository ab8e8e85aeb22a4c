import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ExportSelectionDto } from './export-selection.dto.js';

/** Which lines of the log table become an export: a selection as of an export, but what is left out means something else. */
export class PullLogsDto extends ExportSelectionDto {
  @ApiPropertyOptional({
    description: 'First day or moment, UTC; 30 days before the end when it is left out',
    example: '2025-05-01',
  })
  declare start_date?: string;

  @ApiPropertyOptional({
    description: 'Last day (inclusive) or moment, UTC; now when it is left out',
    example: '2025-05-31',
  })
  declare end_date?: string;

  @ApiPropertyOptional({
    description:
      'Only lines of these programs; database.wifi_programs when it is left out, "*" = every program',
    type: [String],
    example: ['hostapd', 'wpa_supplicant'],
  })
  declare programs?: string[];
}

/** What a pull would read. */
export class PullDryRunDto {
  @ApiProperty({ enum: ['would_create'] })
  status: 'would_create';

  @ApiProperty({ format: 'date-time' })
  start: string;

  @ApiProperty({ format: 'date-time', description: 'Not included' })
  end: string;

  @ApiProperty({ type: [String], nullable: true, description: 'null = every program' })
  programs: readonly string[] | null;

  @ApiProperty({ example: 'log_entries' })
  table: string;

  @ApiProperty({ type: 'integer', description: 'Lines that there are now' })
  records: number;
}
