import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsOptional,
  IsString,
  MaxLength,
  MinLength,
} from 'class-validator';

/** Which lines of the log table become an export. */
export class PullLogsDto {
  @ApiPropertyOptional({
    description: 'First day or moment, UTC; 30 days before the end when it is left out',
    example: '2025-05-01',
  })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  start_date?: string;

  @ApiPropertyOptional({
    description: 'Last day (inclusive) or moment, UTC; now when it is left out',
    example: '2025-05-31',
  })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  end_date?: string;

  @ApiPropertyOptional({
    description:
      'Only lines of these programs; database.wifi_programs when it is left out, "*" = every program',
    type: [String],
    example: ['hostapd', 'wpa_supplicant'],
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(200, { each: true })
  programs?: string[];
}
