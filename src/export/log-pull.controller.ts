import { Body, Controller, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiProblems } from '../platform/http/api-problems.js';
import { DryRunQueryDto } from '../platform/http/dry-run.js';
import { Idempotent } from '../platform/http/idempotency/idempotent.js';
import { Requires } from '../platform/http/requires.js';
import { actorOf } from '../platform/security/actor.js';
import { exportSelection } from './export-selection.dto.js';
import { exportJson } from './export-record.js';
import { ExportDto } from './exports.dto.js';
import { PullDryRunDto, PullLogsDto } from './log-pull.dto.js';
import { LogPullService } from './log-pull.service.js';

@ApiTags('exports')
@Controller('exports')
export class LogPullController {
  constructor(private readonly logs: LogPullService) {}

  @Post('pull')
  @Requires('train')
  @Idempotent()
  @ApiOperation({
    operationId: 'pullExport',
    summary: 'Read lines of the log table (database.table_name) into a new export',
  })
  @ApiCreatedResponse({ type: ExportDto })
  @ApiOkResponse({ type: PullDryRunDto, description: 'A dry run: nothing was read' })
  @ApiProblems(409, 422, 503, 507)
  async pull(
    @Body() body: PullLogsDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown> | PullDryRunDto> {
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
    });
    const selection = this.logs.selection(exportSelection(body));
    if (dryRun) {
      response.status(200);
      return { status: 'would_create', ...(await this.logs.preview(selection, gone.signal)) };
    }
    const { record } = await this.logs.pull(selection, {
      actor: actorOf(request),
      signal: gone.signal,
    });
    response.setHeader('location', `/api/v1/exports/${record.exportId}`);
    return exportJson(record);
  }
}
