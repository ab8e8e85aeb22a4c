import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsString, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { Omissible } from '../platform/http/omissible.js';
import { VERSION_STATUSES, type VersionStatus } from '../registry/core/lifecycle.js';
import { ALIAS_PATTERN } from '../registry/core/alias-name.js';
import type { AuditEvent } from '../platform/security/audit-event.js';
import { AuditEventDto } from '../platform/security/audit.dto.js';
import { DryRunQueryDto } from '../platform/http/dry-run.js';
import { NO_CONTROL } from './models.dto.js';
import { MODEL_NAME } from './training-request.js';

/** A model, and whether something changes. */
export class AliasQueryDto extends DryRunQueryDto {
  @ApiPropertyOptional({ default: 'wifi' })
  @Omissible()
  @Matches(MODEL_NAME)
  model = 'wifi';
}

export class AliasRequestDto {
  @ApiProperty({ example: '20240101_120000', description: 'The version it shall name' })
  @IsString()
  @MinLength(1)
  @MaxLength(64)
  version: string;

  @ApiPropertyOptional({ description: 'Why; goes into the audit log' })
  @Omissible()
  @IsString()
  @MaxLength(500)
  @Matches(NO_CONTROL, { message: 'reason must not hold control characters' })
  reason?: string;

  @ApiPropertyOptional({
    default: 'default',
    description: 'For champion: deployment target of the configuration',
  })
  @Omissible()
  @IsString()
  @MaxLength(64)
  target?: string;
}

export class AliasDto {
  @ApiProperty({ example: 'wifi' })
  model_name: string;

  @ApiProperty({ pattern: ALIAS_PATTERN.source, example: 'challenger' })
  alias: string;

  @ApiProperty({ example: '20240101_120000' })
  version: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

export class AliasListDto {
  @ApiProperty({ type: [AliasDto] })
  items: AliasDto[];
}

/** A JSON merge patch: members that are absent stay, null takes a member away. */
export class ModelPatchDto {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 10_000 })
  @ValidateIf((patch: ModelPatchDto) => patch.notes !== undefined && patch.notes !== null)
  @IsString()
  @MaxLength(10_000)
  notes?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string', nullable: true, maxLength: 200 },
    description: 'At most 50',
    example: { site: 'north', ticket: null },
  })
  @ValidateIf((patch: ModelPatchDto) => patch.tags !== undefined && patch.tags !== null)
  @IsObject()
  tags?: Record<string, string | null> | null;
}

export class LineageExportDto {
  @ApiProperty()
  name: string;

  @ApiProperty()
  bytes: number;

  @ApiProperty()
  sha256: string;
}

export class ScheduleOriginDto {
  @ApiProperty({ format: 'uuid' })
  schedule_id: string;

  @ApiProperty({ description: 'Its name at that moment' })
  name: string;

  @ApiProperty({ format: 'date-time', description: 'When it was due' })
  tick_utc: string;
}

export class TrainingOriginDto {
  @ApiProperty({ format: 'uuid' })
  training_id: string;

  @ApiProperty({ enum: ['cli', 'api', 'schedule'] })
  origin: string;

  @ApiProperty({ type: ScheduleOriginDto, nullable: true, description: 'The tick that began it' })
  schedule: ScheduleOriginDto | null;

  @ApiProperty()
  status: string;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at: string | null;
}

export class DeploymentRecordDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  target: string;

  @ApiProperty()
  layout: string;

  @ApiProperty({ enum: ['deploy', 'rollback'] })
  action: string;

  @ApiProperty({ enum: ['started', 'active', 'failed'] })
  status: string;

  @ApiProperty({ type: String, nullable: true })
  previous_version: string | null;

  @ApiProperty()
  actor: string;

  @ApiProperty({ format: 'date-time' })
  started_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at: string | null;
}

export class LineageDto {
  @ApiProperty()
  version: string;

  @ApiProperty()
  model_name: string;

  @ApiProperty({ type: [LineageExportDto] })
  exports: LineageExportDto[];

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  selection: unknown;

  @ApiProperty({ type: String, nullable: true })
  config_hash: string | null;

  @ApiProperty({ type: String, nullable: true })
  code_version: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'null = not built from a checkout' })
  code_commit: string | null;

  @ApiProperty({ type: String, nullable: true })
  feature_spec_hash: string | null;

  @ApiProperty({ type: String, nullable: true })
  model_sha256: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'null = made by a training' })
  parent_version: string | null;

  @ApiProperty({ type: [String], description: 'From the parent to the first version of the line' })
  ancestors: string[];

  @ApiProperty({ type: [String] })
  children: string[];

  @ApiProperty({ type: TrainingOriginDto, nullable: true })
  training: TrainingOriginDto | null;

  @ApiProperty({ type: [DeploymentRecordDto] })
  deployments: DeploymentRecordDto[];

  @ApiProperty({ type: [AuditEventDto], description: 'Newest first, at most 100' })
  events: AuditEvent[];
}

export class RetentionDecisionDto {
  @ApiProperty()
  version: string;

  @ApiProperty({ enum: VERSION_STATUSES })
  status: VersionStatus;

  @ApiProperty({ enum: ['deployed', 'alias', 'rollback', 'target', 'newest'], type: String, nullable: true })
  kept_because: string | null;
}

export class RetentionReportDto {
  @ApiProperty()
  dry_run: boolean;

  @ApiProperty()
  keep_last_n_versions: number;

  @ApiProperty({
    type: [String],
    description: 'Deleted by this call; they can be taken back for the grace time',
  })
  deleted: string[];

  @ApiProperty({ type: [String], description: 'Deleted earlier; their files are gone now' })
  purged: string[];

  @ApiProperty({ type: [RetentionDecisionDto] })
  kept: RetentionDecisionDto[];
}
