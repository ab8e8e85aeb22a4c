import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Requires } from '../platform/http/requires.js';
import { VERSION_FILES } from '../registry/core/version-files.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';

export class ModelReportDto {
  @ApiProperty({ example: '20240101_120000' })
  version: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Metrics with their label_source, curves, importance; null: the version was never judged',
  })
  evaluation: unknown;
}

interface StoredReport {
  readonly evaluation?: unknown;
}

/** What was measured when a version was made, as its report.json holds it. */
@ApiTags('models')
@Controller('models')
export class ModelReportController {
  constructor(private readonly registry: ModelRegistryService) {}

  @Get(':version/report')
  @Requires('read')
  @ApiOperation({ operationId: 'getModelReport', summary: 'Evaluation of a version when it was made' })
  @ApiOkResponse({ type: ModelReportDto })
  @ApiProblems(404, 409)
  async report(@Param('version') version: string): Promise<ModelReportDto> {
    await this.registry.fetch(version);
    // Only the evaluation: the rest names files of the machine that trained it.
    const { evaluation } = this.registry.store.readJson(version, VERSION_FILES.report) as StoredReport;
    return { version, evaluation: evaluation ?? null };
  }
}
