import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Matches, MaxLength, MinLength } from 'class-validator';
import { Omissible } from '../platform/http/omissible.js';
import { PageQueryDto } from '../platform/http/page.dto.js';
import { SHA256_HEX } from '../shared/digest.js';
import { ValidationReportDto } from './validation-report.dto.js';

// PostgreSQL stores no NUL
const NO_CONTROL = /^[^\u0000-\u001f\u007f]*$/;

export class ExportListQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    description: 'Only exports with this content (SHA-256, hex)',
    pattern: SHA256_HEX.source,
  })
  @Omissible()
  @Matches(SHA256_HEX, { message: 'sha256 must be a SHA-256 of 64 hexadecimal digits' })
  sha256?: string;

  @ApiPropertyOptional({ description: 'Text in the file name or path; case does not matter' })
  @Omissible()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  @Matches(NO_CONTROL, { message: 'q must not hold control characters' })
  q?: string;
}

export class RegisterExportDto {
  @ApiProperty({
    description: 'Path of a file in the exports directory, relative to it',
    example: 'june.json',
  })
  @IsString()
  @MaxLength(512)
  export_file: string;
}

export class ExportDto {
  @ApiProperty({ format: 'uuid' })
  export_id: string;

  @ApiProperty()
  file_name: string;

  @ApiProperty({ description: 'Path relative to the exports directory, for export_file' })
  export_file: string;

  @ApiProperty()
  size_bytes: number;

  @ApiProperty()
  sha256: string;

  @ApiProperty()
  format: string;

  @ApiProperty({ enum: ['available', 'invalid', 'deleted'] })
  status: string;

  @ApiProperty()
  source: string;

  @ApiProperty({ type: ValidationReportDto, nullable: true, description: 'The last validation report' })
  validation: ValidationReportDto | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
}

export class ExportDryRunDto {
  @ApiProperty({ enum: ['would_create', 'would_delete'] })
  status: 'would_create' | 'would_delete';

  @ApiProperty({
    description: 'Path relative to the exports directory; of an upload the name it is sent with',
  })
  export_file: string;

  @ApiProperty()
  size_bytes: number;

  @ApiProperty()
  sha256: string;
}

export class UploadDryRunDto {
  @ApiProperty({
    enum: ['would_append', 'already_here'],
    description: 'already_here: there is an export with this content, and nothing has to be sent',
  })
  status: 'would_append' | 'already_here';

  @ApiProperty({ type: 'integer', description: 'Where in the file the body would begin' })
  upload_offset: number;

  @ApiProperty({ type: 'integer' })
  upload_length: number;
}

export class ExportPageDto {
  @ApiProperty({ type: [ExportDto] })
  items: ExportDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}
