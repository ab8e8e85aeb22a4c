import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Requires } from '../platform/http/requires.js';
import { actorOf } from '../platform/security/actor.js';
import { exportSelection } from './export-selection.dto.js';
import { exportJson } from './export-record.js';
import { ExportDto } from './exports.dto.js';
import { PullLogsDto } from './log-pull.dto.js';
import { LogPullService } from './log-pull.service.js';

@ApiTags('exports')
@Controller('exports')
export class LogPullController {
  constructor(private readonly logs: LogPullService) {}

  @Post('pull')
  @Requires('train')
  @ApiOperation({
    operationId: 'pullExport',
    summary: 'Read lines of the log table (database.table_name) into a new export',
  })
  @ApiCreatedResponse({ type: ExportDto })
  @ApiProblems(409, 422, 503, 507)
  async pull(
    @Body() body: PullLogsDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
    });
    const { record } = await this.logs.pull(this.logs.selection(exportSelection(body)), {
      actor: actorOf(request),
      signal: gone.signal,
    });
    response.setHeader('location', `/api/v1/exports/${record.exportId}`);
    return exportJson(record);
  }
}
