import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsISO8601, IsString, Matches, MaxLength } from 'class-validator';
import { Omissible } from '../http/omissible.js';
import { PageQueryDto } from '../http/page.dto.js';

const PLAIN = /^[^\u0000-\u001f\u007f]*$/;

export class AuditQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ description: 'Kind of thing, such as model_version, model_alias or api_key' })
  @Omissible()
  @IsString()
  @MaxLength(100)
  @Matches(PLAIN, { message: 'entity must not hold control characters' })
  entity?: string;

  @ApiPropertyOptional({ example: '20240101_120000' })
  @Omissible()
  @IsString()
  @MaxLength(200)
  @Matches(PLAIN, { message: 'entity_id must not hold control characters' })
  entity_id?: string;

  @ApiPropertyOptional({ description: 'Who, exactly as it is recorded' })
  @Omissible()
  @IsString()
  @MaxLength(200)
  @Matches(PLAIN, { message: 'actor must not hold control characters' })
  actor?: string;

  @ApiPropertyOptional({ example: 'deploy' })
  @Omissible()
  @IsString()
  @MaxLength(100)
  @Matches(PLAIN, { message: 'action must not hold control characters' })
  action?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'At this moment or later' })
  @Omissible()
  @IsISO8601({ strict: true })
  @MaxLength(40)
  since?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this moment' })
  @Omissible()
  @IsISO8601({ strict: true })
  @MaxLength(40)
  until?: string;
}

export class AuditEventDto {
  @ApiProperty({ description: 'Counts from 1, without a gap' })
  sequence: number;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty()
  actor: string;

  @ApiProperty()
  action: string;

  @ApiProperty()
  entity: string;

  @ApiProperty()
  entity_id: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  from: unknown;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  to: unknown;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;
}

export class AuditPageDto {
  @ApiProperty({ type: [AuditEventDto] })
  items: AuditEventDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}
