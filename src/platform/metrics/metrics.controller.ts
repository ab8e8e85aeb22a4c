import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import type { Response } from 'express';
import { AppError } from '../../shared/errors.js';
import { ApiProblems } from '../http/api-problems.js';
import { Requires } from '../http/requires.js';
import { APP_LOGGER } from '../logging/logging.module.js';
import type { AppLogger } from '../logging/app-logger.js';
import { MetricSamples } from './metric-samples.js';
import { ServiceMetrics } from './service-metrics.js';

/** The library's handler with a decision of ours, after looking up what is not counted as it happens. */
@ApiTags('metrics')
@Controller('metrics')
export class MetricsController extends PrometheusController {
  constructor(
    private readonly metrics: ServiceMetrics,
    private readonly samples: MetricSamples,
    @Inject(APP_LOGGER) private readonly logger: AppLogger,
  ) {
    super();
  }

  @Get()
  @Requires('read')
  @ApiOperation({ operationId: 'getMetrics', summary: 'Metrics of the service as Prometheus text' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems(404)
  override async index(@Res({ passthrough: true }) response: Response): Promise<string> {
    if (!this.metrics.enabled) {
      throw new AppError('not_found', 'Metrics are switched off (monitoring.enable_monitoring).');
    }
    await this.samples.refresh();
    this.metrics.total('log_lines_dropped_total', this.logger.droppedLines);
    return super.index(response);
  }
}
