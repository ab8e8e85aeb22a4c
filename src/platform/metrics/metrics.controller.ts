import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import type { Response } from 'express';
import { Requires } from '../http/requires.js';

/** The library's handler with a decision of ours. */
@ApiTags('metrics')
@Controller('metrics')
export class MetricsController extends PrometheusController {
  @Get()
  @Requires('read')
  @ApiOperation({ operationId: 'getMetrics', summary: 'Metrics of the process as Prometheus text' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  override async index(@Res({ passthrough: true }) response: Response): Promise<string> {
    return super.index(response);
  }
}
