import { ApiProperty, ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsIn, IsNumber, IsString, Matches, MaxLength, MinLength } from 'class-validator';
import { Omissible } from '../platform/http/omissible.js';
import { VERSION_STATUSES, type VersionStatus } from '../registry/core/lifecycle.js';
import { VERSION_SORTS } from '../registry/model-version.js';
import { ExportReferenceDto, ExportSelectionDto } from '../export/export-selection.dto.js';
import { PageQueryDto } from '../platform/http/page.dto.js';
import { THRESHOLD_POLICIES, type ThresholdPolicyName } from './new-threshold.js';
import { MODEL_NAME } from './training-request.js';

// PostgreSQL stores no NUL, and the audit log is read on terminals
export const NO_CONTROL = /^[^\u0000-\u0008\u000b-\u001f\u007f]*$/;

export class ModelQueryDto {
  @ApiPropertyOptional({ default: 'wifi' })
  @Omissible()
  @Matches(MODEL_NAME)
  model = 'wifi';
}

export class ModelListQueryDto extends PageQueryDto {
  @ApiPropertyOptional()
  @Omissible()
  @Matches(MODEL_NAME)
  model?: string;

  @ApiPropertyOptional({
    enum: VERSION_STATUSES,
    isArray: true,
    description: 'May be given several times: one of them',
  })
  @Omissible()
  @Transform(({ value }: { value: unknown }) => (Array.isArray(value) ? (value as unknown[]) : [value]))
  @ArrayMaxSize(VERSION_STATUSES.length)
  @IsIn(VERSION_STATUSES, { each: true })
  status?: VersionStatus[];

  @ApiPropertyOptional({
    description: 'Text in the version, its model, type, feature set, notes or tags; case does not matter',
  })
  @Omissible()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  @Matches(NO_CONTROL, { message: 'q must not hold control characters' })
  q?: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'Tag (name, or name:value) that a version must have; may be given several times',
  })
  @Omissible()
  @Transform(({ value }: { value: unknown }) => (Array.isArray(value) ? (value as unknown[]) : [value]))
  @ArrayMaxSize(10)
  @IsString({ each: true })
  @MaxLength(264, { each: true })
  @Matches(NO_CONTROL, { each: true, message: 'tag must not hold control characters' })
  tag?: string[];

  @ApiPropertyOptional({ enum: VERSION_SORTS, default: '-created_at' })
  @Omissible()
  @IsIn(VERSION_SORTS)
  sort?: (typeof VERSION_SORTS)[number];
}

export class DeployRequestDto {
  @ApiPropertyOptional({ default: 'default', description: 'Deployment target of the configuration' })
  @Omissible()
  @IsString()
  @MaxLength(64)
  target?: string;

  @ApiPropertyOptional({ description: 'Why; goes into the audit log' })
  @Omissible()
  @IsString()
  @MaxLength(500)
  @Matches(NO_CONTROL, { message: 'reason must not hold control characters' })
  reason?: string;
}

export class RollbackRequestDto {
  @ApiPropertyOptional({ default: 'wifi' })
  @Omissible()
  @Matches(MODEL_NAME)
  model?: string;

  @ApiProperty({ description: 'Why; goes into the audit log' })
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  @Matches(NO_CONTROL, { message: 'reason must not hold control characters' })
  reason: string;

  @ApiPropertyOptional({
    description: 'Version to go back to; default: the newest older one that was deployed',
  })
  @Omissible()
  @IsString()
  @MaxLength(64)
  to?: string;

  @ApiPropertyOptional({ default: 'default' })
  @Omissible()
  @IsString()
  @MaxLength(64)
  target?: string;
}

/** Which windows a version is judged on, and what is known about them. */
export class EvaluateRequestDto extends IntersectionType(ExportReferenceDto, ExportSelectionDto) {
  @ApiPropertyOptional({
    description: 'Labels file (JSON or CSV of episodes), relative to the exports directory',
  })
  @Omissible()
  @IsString()
  @MaxLength(512)
  labels_file?: string;

  @ApiPropertyOptional({ description: 'Column of a feature table that holds labels' })
  @Omissible()
  @IsString()
  @MaxLength(200)
  label_column?: string;
}

/** Without an export the recorded reports are compared. */
export class CompareQueryDto extends EvaluateRequestDto {}

export class ThresholdRequestDto extends EvaluateRequestDto {
  @ApiProperty({ enum: THRESHOLD_POLICIES })
  @IsIn(THRESHOLD_POLICIES)
  policy: ThresholdPolicyName;

  @ApiProperty({
    description: 'A share of the windows, alerts a day for each device, or a score, as the policy says',
    example: 0.02,
  })
  @IsNumber()
  value: number;
}

export class ModelSummaryDto {
  @ApiProperty({ example: '20240101_120000' })
  version: string;

  @ApiProperty({ example: 'wifi' })
  model_name: string;

  @ApiProperty({ enum: VERSION_STATUSES })
  status: VersionStatus;

  @ApiProperty({ type: [String] })
  aliases: string[];

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  tags: Record<string, string>;

  @ApiProperty()
  model_type: string;

  @ApiProperty()
  feature_set: string;

  @ApiProperty()
  training_samples: number;

  @ApiProperty()
  gate_passed: boolean;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  deployed_at: string | null;
}

export class ModelDetailDto extends ModelSummaryDto {
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  training_id: string | null;

  @ApiProperty({ type: String, nullable: true })
  parent_version: string | null;

  @ApiProperty()
  notes: string;

  @ApiProperty()
  storage_key: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Every metric stands beside its label_source',
  })
  metrics: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true })
  gate: Record<string, unknown>;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Export hashes, configuration hash, code version',
  })
  lineage: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, description: 'File -> SHA-256' })
  artifacts: Record<string, string>;
}

export class ModelPageDto {
  @ApiProperty({ type: [ModelSummaryDto] })
  items: ModelSummaryDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

export class ModelNameStatsDto {
  @ApiProperty({ example: 'wifi' })
  model_name: string;

  @ApiProperty({ type: 'integer', description: 'Its versions' })
  total: number;

  @ApiProperty({ type: String, nullable: true, description: 'The version the consumer loads' })
  deployed: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The newest available version, when it is newer than the deployed one',
  })
  candidate: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Where a rollback would go' })
  rollback: string | null;
}

export class ModelStatsDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Versions by status',
  })
  versions: Record<string, number>;

  @ApiProperty()
  total: number;

  @ApiProperty({ type: [ModelNameStatsDto], description: 'By name' })
  models: ModelNameStatsDto[];
}

export class DeployOutcomeDto {
  @ApiProperty()
  model_name: string;

  @ApiProperty()
  version: string;

  @ApiProperty({ type: String, nullable: true })
  previous_version: string | null;

  @ApiProperty()
  target: string;

  @ApiProperty()
  layout: string;

  @ApiProperty({ enum: ['deployed', 'rolled_back', 'would_deploy', 'would_roll_back'] })
  status: 'deployed' | 'rolled_back' | 'would_deploy' | 'would_roll_back';
}
