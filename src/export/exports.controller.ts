import {
  Body,
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
  Res,
} from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { windowConfig } from '../features/core/window-config.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { DryRunQueryDto } from '../platform/http/dry-run.js';
import { Idempotent } from '../platform/http/idempotency/idempotent.js';
import { Requires } from '../platform/http/requires.js';
import { decodeCursor, toPage, type Page } from '../platform/http/page.js';
import type { ValidationReport } from './core/validation-report.js';
import { ExportRepository } from './export.repository.js';
import { ExportCreationService } from './export-creation.service.js';
import { exportJson } from './export-record.js';
import { actorOf } from '../platform/security/actor.js';
import { exportSelection, ExportSelectionDto, type ExportSelection } from './export-selection.dto.js';
import { ExportStore } from './export-store.js';
import { ExportValidationService } from './export-validation.service.js';
import {
  ExportDryRunDto,
  ExportDto,
  ExportListQueryDto,
  ExportPageDto,
  RegisterExportDto,
} from './exports.dto.js';
import { ExportsService } from './exports.service.js';
import { ValidationReportDto } from './validation-report.dto.js';

@ApiTags('exports')
@Controller('exports')
export class ExportsController {
  constructor(
    private readonly service: ExportsService,
    private readonly creation: ExportCreationService,
    private readonly exports: ExportRepository,
    private readonly store: ExportStore,
    private readonly validation: ExportValidationService,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  @Get()
  @Requires('read')
  @ApiOperation({ operationId: 'listExports', summary: 'Exports of the service, newest first' })
  @ApiOkResponse({ type: ExportPageDto })
  @ApiProblems(400, 422)
  async list(
    @Query() { limit, cursor, sha256, q }: ExportListQueryDto,
  ): Promise<Page<Record<string, unknown>>> {
    const filter = { before: decodeCursor(cursor), sha256: sha256?.toLowerCase(), search: q };
    const rows = await this.exports.list(limit + 1, filter);
    return toPage(rows, limit, exportJson, ({ createdAt, exportId }) => ({ createdAt, id: exportId }));
  }

  @Post()
  @Requires('train')
  @Idempotent('handler')
  @ApiOperation({
    operationId: 'createExport',
    summary: 'Upload an export (a form), or register a file of the exports directory (JSON)',
  })
  @ApiConsumes('multipart/form-data', 'application/json')
  @ApiExtraModels(RegisterExportDto, ExportDryRunDto)
  @ApiBody({
    schema: {
      oneOf: [
        {
          type: 'object',
          properties: {
            file: { type: 'string', format: 'binary' },
            sha256: { type: 'string', description: 'What the SHA-256 of the file must be, hex' },
          },
          required: ['file'],
        },
        { $ref: getSchemaPath(RegisterExportDto) },
      ],
    },
  })
  @ApiCreatedResponse({ type: ExportDto })
  @ApiOkResponse({
    description: 'The file is registered already, or a dry run: nothing was kept',
    schema: { oneOf: [{ $ref: getSchemaPath(ExportDto) }, { $ref: getSchemaPath(ExportDryRunDto) }] },
  })
  @ApiProblems(400, 413, 422, 507)
  async create(
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    return this.creation.create(request, response, dryRun);
  }

  @Get(':export_id')
  @Requires('read')
  @ApiOperation({ operationId: 'getExport', summary: 'One export with its last validation report' })
  @ApiOkResponse({ type: ExportDto })
  @ApiProblems(400, 404)
  async get(@Param('export_id', ParseUUIDPipe) exportId: string): Promise<Record<string, unknown>> {
    return exportJson(await this.service.get(exportId));
  }

  @Post(':export_id/validate')
  @Requires('train')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'validateExport',
    summary: 'Read the export and report whether it can train a model',
  })
  @ApiOkResponse({ type: ValidationReportDto })
  @ApiProblems(400, 404, 422)
  async validate(
    @Param('export_id', ParseUUIDPipe) exportId: string,
    @Body() body: ExportSelectionDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
  ): Promise<ValidationReport> {
    const record = await this.service.get(exportId);
    const { path } = this.service.resolveStored(record);
    const { features } = this.config.values;
    const selection = exportSelection(body);
    const report = await this.validation.validate({
      files: [{ path, name: record.fileName }],
      featureSet: features.set,
      window: windowConfig(features),
      ...selection,
      noFollow: true,
    });
    // The report of a part says nothing about the export.
    if (isWhole(selection) && !dryRun) await this.exports.saveReport(exportId, report);
    return report;
  }

  @Delete(':export_id')
  @Requires('train')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteExport', summary: 'Delete an export, and its file if it was uploaded' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiOkResponse({ type: ExportDryRunDto, description: 'A dry run: nothing was deleted' })
  @ApiProblems(400, 404)
  async remove(
    @Param('export_id', ParseUUIDPipe) exportId: string,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ExportDryRunDto | undefined> {
    const record = await this.service.get(exportId);
    if (dryRun) {
      response.status(200);
      const { storedKey, sizeBytes, sha256 } = record;
      return { status: 'would_delete', export_file: storedKey, size_bytes: sizeBytes, sha256 };
    }
    await this.exports.markDeleted(exportId, actorOf(request));
    // A file that somebody else put there is theirs.
    if (record.source !== 'registered') this.store.remove(record.storedKey);
    return undefined;
  }
}

const isWhole = ({ startMs, endMs, programs }: ExportSelection): boolean =>
  startMs === null && endMs === null && programs === null;
