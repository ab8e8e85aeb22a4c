import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { Omissible } from '../platform/http/omissible.js';
import { ExportSelectionDto } from '../export/export-selection.dto.js';
import { PageQueryDto } from '../platform/http/page.dto.js';
import { RUN_ORIGINS, type RunOrigin } from '../training/training-run.js';
import { RUN_STATUSES, type RunStatus } from '../training/core/run-status.js';
import { MODEL_NAME, type CheckedRequest } from './training-request.js';

/** 2026-02-31 has the form of a day and is none. */
@ValidatorConstraint({ name: 'moment' })
class ExistingMoment implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    const atMs = typeof value === 'string' ? Date.parse(value) : NaN;
    return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(String(value).slice(0, 10));
  }

  defaultMessage(): string {
    return '$property must be a day or moment that exists';
  }
}

export const TRAINING_INPUTS = ['logs', 'features'] as const;

export class TrainRequestDto extends ExportSelectionDto {
  @ApiPropertyOptional({
    description: 'Path relative to the exports directory',
    example: 'export_20240101.json',
  })
  @Omissible()
  @IsString()
  @MaxLength(512)
  export_file?: string;

  @ApiPropertyOptional({
    description: 'An uploaded or registered export instead of export_file',
    format: 'uuid',
  })
  @Omissible()
  @IsUUID()
  export_id?: string;

  @ApiPropertyOptional({ default: 'wifi', pattern: MODEL_NAME.source })
  @Omissible()
  @Matches(MODEL_NAME, {
    message: 'model_name must be lower-case letters, digits, "-" and "_", starting with a letter',
  })
  model_name?: string;

  @ApiPropertyOptional({
    description: 'Configuration of this run only: model, features, training, evaluation, monitoring',
    type: 'object',
    additionalProperties: true,
    example: { model: { n_estimators: 200 } },
  })
  @Omissible()
  @IsObject()
  config_overrides?: Record<string, unknown>;

  @ApiPropertyOptional({
    description: 'What the file is: a log export, or a feature table (CSV of numbers)',
    enum: TRAINING_INPUTS,
    default: 'logs',
  })
  @Omissible()
  @IsIn(TRAINING_INPUTS)
  input?: (typeof TRAINING_INPUTS)[number];

  @ApiPropertyOptional({
    description: 'Column of a feature table that holds labels, for the evaluation only',
  })
  @Omissible()
  @IsString()
  @MaxLength(200)
  label_column?: string;

  @ApiPropertyOptional({
    description:
      'Labels file (JSON or CSV of episodes), relative to the exports directory, for the evaluation only',
    example: 'labels_20240101.json',
  })
  @Omissible()
  @IsString()
  @MaxLength(512)
  labels_file?: string;

  @ApiPropertyOptional({ description: 'Deploy to the default target when the gate passes', default: false })
  @Omissible()
  @IsBoolean()
  deploy?: boolean;

  @ApiPropertyOptional({
    description: 'Queued trainings with a lower number run first',
    type: 'integer',
    minimum: 0,
    maximum: 1000,
    default: 100,
  })
  @Omissible()
  @IsInt()
  @Min(0)
  @Max(1000)
  priority?: number;
}

export class TrainAcceptedDto {
  @ApiProperty({ format: 'uuid' })
  training_id: string;

  @ApiProperty({ enum: RUN_STATUSES })
  status: RunStatus;
}

export class TrainDryRunDto {
  @ApiProperty({ enum: ['would_queue'] })
  status: 'would_queue';

  @ApiProperty()
  model_name: string;

  @ApiProperty({ type: [String], description: 'What would be read' })
  files: string[];

  @ApiProperty({ example: 'wifi' })
  feature_set: string;

  @ApiProperty({ description: 'SHA-256 of the configuration with the overrides of this request' })
  config_hash: string;

  @ApiProperty({ description: 'Whether the version would be deployed when it passes its gate' })
  deploy: boolean;
}

export function trainingDryRun({ request, config }: CheckedRequest): TrainDryRunDto {
  return {
    status: 'would_queue',
    model_name: request.modelName,
    files: request.files.map(({ name }) => name),
    feature_set: config.values.features.set,
    config_hash: config.hash,
    deploy: request.deploy,
  };
}

export class RunErrorDto {
  @ApiProperty()
  code: string;

  @ApiProperty()
  message: string;

  @ApiProperty({ type: String, nullable: true })
  hint: string | null;
}

export class RunDto {
  @ApiProperty({ format: 'uuid' })
  training_id: string;

  @ApiProperty()
  model_name: string;

  @ApiProperty({ enum: RUN_STATUSES })
  status: RunStatus;

  @ApiProperty({ minimum: 0, maximum: 100 })
  progress: number;

  @ApiProperty()
  step: string;

  @ApiProperty({ minimum: 0, maximum: 1000, description: 'Lower runs first' })
  priority: number;

  @ApiProperty({ description: 'How often its worker was lost and another one began again' })
  lost_workers: number;

  @ApiProperty({ type: RunErrorDto, nullable: true })
  error: RunErrorDto | null;

  @ApiProperty({ type: String, nullable: true })
  version: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Result of a finished run, as `train --json` prints it',
  })
  result: unknown;

  @ApiProperty({ enum: RUN_ORIGINS })
  origin: RunOrigin;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at: string | null;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

export class RunStatusDto extends RunDto {
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Place in the queue, 1 = the next; null = it does not wait',
  })
  queue_position: number | null;
}

export class RunPageDto {
  @ApiProperty({ type: [RunDto] })
  items: RunDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?Z)?$/;
const MOMENT_MESSAGE = { message: '$property must be a day or a moment in UTC such as 2026-11-21T12:00:00Z' };
export const RUN_ORDERS = ['-created_at', 'created_at'] as const;

export class RunListQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ enum: RUN_STATUSES })
  @Omissible()
  @IsIn(RUN_STATUSES)
  status?: RunStatus;

  @ApiPropertyOptional({ pattern: MODEL_NAME.source })
  @Omissible()
  @Matches(MODEL_NAME)
  model?: string;

  @ApiPropertyOptional({ enum: RUN_ORIGINS })
  @Omissible()
  @IsIn(RUN_ORIGINS)
  origin?: RunOrigin;

  @ApiPropertyOptional({
    pattern: MOMENT.source,
    description: 'Created at or after this day or moment (UTC)',
  })
  @Omissible()
  @Matches(MOMENT, MOMENT_MESSAGE)
  @Validate(ExistingMoment)
  created_from?: string;

  @ApiPropertyOptional({ pattern: MOMENT.source, description: 'Created before this day or moment (UTC)' })
  @Omissible()
  @Matches(MOMENT, MOMENT_MESSAGE)
  @Validate(ExistingMoment)
  created_before?: string;

  @ApiPropertyOptional({ enum: RUN_ORDERS, default: '-created_at', description: 'Newest or oldest first' })
  @Omissible()
  @IsIn(RUN_ORDERS)
  sort?: (typeof RUN_ORDERS)[number];
}
