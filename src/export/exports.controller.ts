import { randomUUID } from 'node:crypto';
import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  Req,
} from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Request } from 'express';
import { windowConfig } from '../features/core/window-config.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { PageQueryDto } from '../platform/http/page.dto.js';
import { decodeCursor, toPage, type Page } from '../platform/http/page.js';
import type { ValidationReport } from './core/validation-report.js';
import { ExportRepository } from './export.repository.js';
import { exportJson } from './export-record.js';
import { ExportStore } from './export-store.js';
import { ExportValidationService } from './export-validation.service.js';
import { ExportDto, ExportPageDto } from './exports.dto.js';
import { ExportsService } from './exports.service.js';
import { receiveUpload } from './multipart-upload.js';
import { ValidationReportDto } from './validation-report.dto.js';

@ApiTags('exports')
@Controller('exports')
export class ExportsController {
  constructor(
    private readonly service: ExportsService,
    private readonly exports: ExportRepository,
    private readonly store: ExportStore,
    private readonly validation: ExportValidationService,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listExports', summary: 'Uploaded exports, newest first' })
  @ApiOkResponse({ type: ExportPageDto })
  @ApiProblems(400, 422)
  async list(@Query() { limit, cursor }: PageQueryDto): Promise<Page<Record<string, unknown>>> {
    const rows = await this.exports.list(limit + 1, decodeCursor(cursor));
    return toPage(rows, limit, exportJson, ({ createdAt, exportId }) => ({ createdAt, id: exportId }));
  }

  @Post()
  @ApiOperation({ operationId: 'uploadExport', summary: 'Upload an export; it is streamed to the disk' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      properties: { file: { type: 'string', format: 'binary' } },
      required: ['file'],
    },
  })
  @ApiCreatedResponse({ type: ExportDto })
  @ApiProblems(400, 413, 422, 507)
  async upload(@Req() request: Request): Promise<Record<string, unknown>> {
    const { clientName, ...stored } = await receiveUpload(
      request,
      this.store,
      this.config.values.storage.max_upload_bytes,
    );
    const record = await this.exports.insert({
      ...stored,
      exportId: randomUUID(),
      fileName: clientName,
      format: 'unknown',
      source: 'upload',
    });
    return exportJson(record);
  }

  @Get(':export_id')
  @ApiOperation({ operationId: 'getExport', summary: 'One export with its last validation report' })
  @ApiOkResponse({ type: ExportDto })
  @ApiProblems(400, 404)
  async get(@Param('export_id', ParseUUIDPipe) exportId: string): Promise<Record<string, unknown>> {
    return exportJson(await this.service.get(exportId));
  }

  @Post(':export_id/validate')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'validateExport',
    summary: 'Read the export and report whether it can train a model',
  })
  @ApiOkResponse({ type: ValidationReportDto })
  @ApiProblems(400, 404, 422)
  async validate(@Param('export_id', ParseUUIDPipe) exportId: string): Promise<ValidationReport> {
    const record = await this.service.get(exportId);
    const { path } = this.service.resolveStored(record);
    const { features } = this.config.values;
    const report = await this.validation.validate({
      files: [{ path, name: record.fileName }],
      featureSet: features.set,
      window: windowConfig(features),
      startMs: null,
      endMs: null,
      programs: null,
      noFollow: true,
    });
    await this.exports.saveReport(exportId, report);
    return report;
  }

  @Delete(':export_id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteExport', summary: 'Delete an export file' })
  @ApiNoContentResponse()
  @ApiProblems(400, 404)
  async remove(@Param('export_id', ParseUUIDPipe) exportId: string): Promise<void> {
    const record = await this.service.get(exportId);
    await this.exports.markDeleted(exportId);
    this.store.remove(record.storedKey);
  }
}
