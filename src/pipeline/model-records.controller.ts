import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiProblems } from '../platform/http/api-problems.js';
import { DryRunQueryDto } from '../platform/http/dry-run.js';
import { assertIfMatch, RequiresIfMatch } from '../platform/http/etag.js';
import { Idempotent } from '../platform/http/idempotency/idempotent.js';
import { Requires } from '../platform/http/requires.js';
import { actorOf } from '../platform/security/actor.js';
import { applyPatch, type Annotations } from '../registry/core/annotations.js';
import { modelDetail } from '../registry/model-json.js';
import { ModelDeletionService } from '../registry/model-deletion.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { ModelVersion } from '../registry/model-version.js';
import { RetentionService, type RetentionReport } from './retention.service.js';
import { LineageService, type Lineage } from './lineage.service.js';
import { modelTag } from './model-tag.js';
import { LineageDto, ModelPatchDto, RetentionReportDto } from './model-changes.dto.js';
import { ModelDetailDto } from './models.dto.js';

/** What is written about a version, and what is known of its origin. */
@ApiTags('models')
@Controller('models')
export class ModelRecordsController {
  constructor(
    private readonly registry: ModelRegistryService,
    private readonly lineages: LineageService,
    private readonly retention: RetentionService,
    private readonly deletions: ModelDeletionService,
  ) {}

  @Get(':version/lineage')
  @Requires('read')
  @ApiOperation({
    operationId: 'getModelLineage',
    summary: 'Where a version comes from and what became of it',
  })
  @ApiOkResponse({ type: LineageDto })
  @ApiProblems(404)
  lineage(@Param('version') version: string): Promise<Lineage> {
    return this.lineages.of(version);
  }

  @Patch(':version')
  @Requires('train')
  @RequiresIfMatch('GET /models/{version}')
  @ApiOperation({ operationId: 'patchModel', summary: 'Write notes and tags (JSON merge patch)' })
  @ApiOkResponse({ type: ModelDetailDto })
  @ApiProblems(404, 422)
  async patch(
    @Param('version') version: string,
    @Body() patch: ModelPatchDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    const champion = await this.registry.deployed((await this.registry.get(version)).modelName);
    const change = (current: ModelVersion): Annotations => {
      assertIfMatch(request, modelTag(current, champion));
      return applyPatch(current, patch);
    };
    if (dryRun) {
      const current = await this.registry.get(version);
      return modelDetail({ ...current, ...change(current) });
    }
    const actor = { name: actorOf(request), reason: null };
    const model = await this.registry.annotate(version, change, actor);
    response.setHeader('etag', modelTag(model, champion));
    return modelDetail(model);
  }

  @Delete(':version')
  @Requires('admin')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteModel',
    summary: 'Delete a version; it can be taken back until the grace time is over',
  })
  @ApiNoContentResponse()
  @ApiProblems(404, 409, 422)
  async remove(
    @Param('version') version: string,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
  ): Promise<void> {
    await this.retention.delete(version, { name: actorOf(request), reason: null }, dryRun);
  }

  @Post(':version/undelete')
  @Requires('admin')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({ operationId: 'undeleteModel', summary: 'Take a deletion back' })
  @ApiOkResponse({ type: ModelDetailDto, description: 'The version as it is, or after a dry run would be' })
  @ApiProblems(404)
  async undelete(
    @Param('version') version: string,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
  ): Promise<Record<string, unknown>> {
    if (dryRun) return modelDetail(await this.deletions.deleted(version));
    await this.deletions.undelete(version, { name: actorOf(request), reason: null });
    return modelDetail(await this.registry.get(version));
  }

  @Post('retention')
  @Requires('admin')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({ operationId: 'applyRetention', summary: 'Delete old versions, as the configuration says' })
  @ApiOkResponse({ type: RetentionReportDto })
  @ApiProblems(422)
  retain(
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
  ): Promise<RetentionReport> {
    return this.retention.apply({ name: actorOf(request), reason: 'retention' }, dryRun);
  }
}
