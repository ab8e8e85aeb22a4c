import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { Omissible } from '../../platform/http/omissible.js';
import { RUN_STATUSES } from '../../training/core/run-status.js';
import { CATCH_UPS, CONDITIONS, type CatchUp, type ScheduleCondition } from './schedule.js';

export const SOURCE_KINDS = ['newest_export', 'directory', 'log_entries'] as const;
const MAX_COUNT = 1_000_000_000;

export class ScheduleSourceDto {
  @ApiProperty({ enum: SOURCE_KINDS })
  @IsIn(SOURCE_KINDS)
  kind: (typeof SOURCE_KINDS)[number];

  @ApiPropertyOptional({
    description: 'Of "directory": below the exports directory, "." = that one itself',
    example: 'site-a',
  })
  @Omissible()
  @IsString()
  @MaxLength(512)
  path?: string;

  @ApiPropertyOptional({ description: 'Of "log_entries": days before the tick', default: 30, example: 30 })
  @Omissible()
  @IsInt()
  @Min(1)
  @Max(3650)
  days?: number;

  @ApiPropertyOptional({
    description: 'Of "log_entries": only these programs; null = database.wifi_programs, "*" = every program',
    type: [String],
    nullable: true,
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(200, { each: true })
  programs?: string[] | null;
}

/** What need not be said. Rules are inherited, also those that let a member be left out: the others are not here. */
class ScheduleOptionsDto {
  @ApiPropertyOptional({ description: 'IANA time zone of the cron expression', example: 'Europe/Berlin' })
  @Omissible()
  @IsString()
  @MaxLength(64)
  timezone?: string;

  @ApiPropertyOptional({ example: 'wifi' })
  @Omissible()
  @IsString()
  @MaxLength(32)
  model_name?: string;

  @ApiPropertyOptional({
    description:
      'Configuration of its runs: model, features, training, evaluation, monitoring; replaced as a whole',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  config_overrides?: Record<string, unknown> | null;

  @ApiPropertyOptional({ description: 'Deploy each model that passes its gate; needs the scope deploy' })
  @Omissible()
  @IsBoolean()
  deploy?: boolean;

  @ApiPropertyOptional({
    enum: CONDITIONS,
    description: 'Train at every tick, or when there is enough new data',
  })
  @Omissible()
  @IsIn(CONDITIONS)
  condition?: ScheduleCondition;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: 'With new_data: lines newer than those of the training before',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  min_new_records?: number | null;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: 'With new_data and exports: windows with such lines',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  min_new_windows?: number | null;

  @ApiPropertyOptional({ enum: CATCH_UPS, description: 'What happens with ticks that nobody was there for' })
  @Omissible()
  @IsIn(CATCH_UPS)
  catch_up?: CatchUp;

  @ApiPropertyOptional()
  @Omissible()
  @IsBoolean()
  paused?: boolean;
}

/** A merge patch (RFC 7396): what is left out stays as it is. */
export class UpdateScheduleDto extends ScheduleOptionsDto {
  @ApiPropertyOptional({ example: 'nightly' })
  @Omissible()
  @IsString()
  @MaxLength(64)
  name?: string;

  @ApiPropertyOptional({
    description: 'Minute, hour, day of the month, month, day of the week',
    example: '0 3 * * *',
  })
  @Omissible()
  @IsString()
  @MaxLength(1000)
  cron?: string;

  @ApiPropertyOptional({
    type: ScheduleSourceDto,
    description: 'Where the data comes from; replaced as a whole',
  })
  @Omissible()
  @IsObject()
  @ValidateNested()
  @Type(() => ScheduleSourceDto)
  source?: ScheduleSourceDto;
}

export class CreateScheduleDto extends ScheduleOptionsDto {
  @ApiProperty({ example: 'nightly', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' })
  @IsString()
  @MaxLength(64)
  name: string;

  @ApiProperty({
    description: 'Minute, hour, day of the month, month, day of the week',
    example: '0 3 * * *',
  })
  @IsString()
  @MaxLength(1000)
  cron: string;

  @ApiProperty({ type: ScheduleSourceDto, example: { kind: 'newest_export' } })
  @IsObject()
  @ValidateNested()
  @Type(() => ScheduleSourceDto)
  source: ScheduleSourceDto;
}

export class TickFileDto {
  @ApiProperty()
  name: string;

  @ApiProperty({ type: String, nullable: true })
  sha256: string | null;
}

export class ScheduleTickDto {
  @ApiProperty({ format: 'date-time' })
  tick_utc: string;

  @ApiProperty({ enum: ['cron', 'manual'] })
  trigger: string;

  @ApiProperty({ enum: ['claimed', 'started', 'skipped', 'failed'] })
  status: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why not: missed, previous_run_unfinished, not_enough_new_data, or the code of an error',
  })
  reason: string | null;

  @ApiProperty({ type: String, nullable: true })
  message: string | null;

  @ApiProperty({ description: 'Ticks before this one that nobody was there for' })
  missed_ticks: number;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  training_id: string | null;

  @ApiProperty({ enum: RUN_STATUSES, type: String, nullable: true })
  training_status: string | null;

  @ApiProperty({ type: String, nullable: true })
  version: string | null;

  @ApiProperty({ type: Number, nullable: true })
  new_records: number | null;

  @ApiProperty({ type: Number, nullable: true })
  new_windows: number | null;

  @ApiProperty({ type: [TickFileDto] })
  files: TickFileDto[];
}

export class ScheduleDto {
  @ApiProperty({ format: 'uuid' })
  schedule_id: string;

  @ApiProperty()
  name: string;

  @ApiProperty()
  cron: string;

  @ApiProperty()
  timezone: string;

  @ApiProperty({ type: ScheduleSourceDto })
  source: ScheduleSourceDto;

  @ApiProperty()
  model_name: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  config_overrides: Record<string, unknown> | null;

  @ApiProperty()
  deploy: boolean;

  @ApiProperty({ enum: CONDITIONS })
  condition: string;

  @ApiProperty({ type: Number, nullable: true })
  min_new_records: number | null;

  @ApiProperty({ type: Number, nullable: true })
  min_new_windows: number | null;

  @ApiProperty({ enum: CATCH_UPS })
  catch_up: string;

  @ApiProperty()
  paused: boolean;

  @ApiProperty({ type: [String], description: 'The next three ticks, UTC; none while paused' })
  next_ticks: string[];

  @ApiProperty({ type: ScheduleTickDto, nullable: true })
  last_tick: ScheduleTickDto | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

export class SchedulePageDto {
  @ApiProperty({ type: [ScheduleDto] })
  items: ScheduleDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}
