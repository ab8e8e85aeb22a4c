import { ApiProperty } from '@nestjs/swagger';
import { ValidationReportDto } from './validation-report.dto.js';

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

export class ExportPageDto {
  @ApiProperty({ type: [ExportDto] })
  items: ExportDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}
