import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsString,
  IsUUID,
  MaxLength,
  MinLength,
} from 'class-validator';
import { Omissible } from '../platform/http/omissible.js';
import { AppError, type FieldProblem } from '../shared/errors.js';
import { parseDateBound } from './core/timestamp.js';

/** Which export: exactly one of the two. */
export class ExportReferenceDto {
  @ApiPropertyOptional({ description: 'Path relative to the exports directory' })
  @Omissible()
  @IsString()
  @MaxLength(512)
  export_file?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @Omissible()
  @IsUUID()
  export_id?: string;
}

/** Which records of an export are read. */
export class ExportSelectionDto {
  @ApiPropertyOptional({ description: 'First day or moment, UTC', example: '2024-01-01' })
  @Omissible()
  @IsString()
  @MaxLength(40)
  start_date?: string;

  @ApiPropertyOptional({ description: 'Last day (inclusive) or moment, UTC', example: '2024-01-31' })
  @Omissible()
  @IsString()
  @MaxLength(40)
  end_date?: string;

  @ApiPropertyOptional({
    description: 'Only records of these programs; all when it is left out',
    type: [String],
    example: ['hostapd', 'wpa_supplicant'],
  })
  @Omissible()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(200, { each: true })
  programs?: string[];
}

export interface ExportSelection {
  /** Inclusive, exclusive; milliseconds since 1970 UTC, null = unbounded. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  /** null = every program. */
  readonly programs: readonly string[] | null;
}

/** @throws AppError `validation_failed` with every date that is none */
export function exportSelection(dto: ExportSelectionDto): ExportSelection {
  const problems: FieldProblem[] = [];
  const bound = (text: string | undefined, pointer: string, kind: 'start' | 'end'): number | null => {
    if (text === undefined) return null;
    try {
      return parseDateBound(text, kind);
    } catch {
      problems.push({
        pointer,
        code: 'date',
        message: 'must be a date such as 2024-01-31 or a moment such as 2024-01-31T06:00:00Z',
      });
      return null;
    }
  };
  const startMs = bound(dto.start_date, '/start_date', 'start');
  const endMs = bound(dto.end_date, '/end_date', 'end');
  if (startMs !== null && endMs !== null && endMs <= startMs) {
    problems.push({ pointer: '/end_date', code: 'date_range', message: 'must not be before start_date' });
  }
  if (problems.length > 0)
    throw new AppError('validation_failed', 'The date range is not acceptable.', { problems });
  return { startMs, endMs, programs: dto.programs ?? null };
}
