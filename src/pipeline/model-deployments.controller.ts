import { Body, Controller, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiProblems } from '../platform/http/api-problems.js';
import { DryRunQueryDto } from '../platform/http/dry-run.js';
import { assertIfMatch, RequiresIfMatch, stale } from '../platform/http/etag.js';
import { Idempotent } from '../platform/http/idempotency/idempotent.js';
import { Requires } from '../platform/http/requires.js';
import { actorOf } from '../platform/security/actor.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { ModelVersion } from '../registry/model-version.js';
import { AppError } from '../shared/errors.js';
import { DeploymentFlowService, type DeployOutcome } from './deployment-flow.service.js';
import { modelTag } from './model-tag.js';
import { DeployOutcomeDto, DeployRequestDto, RollbackRequestDto } from './models.dto.js';

/** Which version the consumer loads. */
@ApiTags('models')
@Controller('models')
export class ModelDeploymentsController {
  constructor(
    private readonly registry: ModelRegistryService,
    private readonly deployments: DeploymentFlowService,
  ) {}

  @Post('rollback')
  @Requires('deploy')
  @Idempotent()
  @RequiresIfMatch('GET /models/deployed')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'rollbackModel',
    summary: 'Deploy an older version again; it is verified first',
  })
  @ApiOkResponse({ type: DeployOutcomeDto })
  @ApiProblems(400, 404, 409, 422, 503)
  async rollback(
    @Body() { model = 'wifi', reason, to, target = 'default' }: RollbackRequestDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DeployOutcomeDto> {
    const champion = await this.registry.deployed(model);
    const seen = champion === null ? [] : [modelTag(champion, champion)];
    return this.change(request, response, { seen, champion, modelName: model }, (expected) =>
      this.deployments.rollback({
        modelName: model,
        version: to ?? null,
        target,
        actor: { name: actorOf(request), reason },
        expected,
        dryRun,
      }),
    );
  }

  @Post(':version/deploy')
  @Requires('deploy')
  @Idempotent()
  @RequiresIfMatch('GET /models/{version}')
  @HttpCode(200)
  @ApiOperation({ operationId: 'deployModel', summary: 'Make a version the one the consumer loads' })
  @ApiOkResponse({ type: DeployOutcomeDto })
  @ApiProblems(400, 404, 409, 422, 503)
  async deploy(
    @Param('version') version: string,
    @Body() { target = 'default', reason }: DeployRequestDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DeployOutcomeDto> {
    const model = await this.registry.get(version);
    const { modelName } = model;
    const champion = await this.registry.deployed(modelName);
    const seen = [model, ...(champion === null ? [] : [champion])].map((one) => modelTag(one, champion));
    const actor = { name: actorOf(request), reason: reason ?? null };
    return this.change(request, response, { seen, champion, modelName }, (expected) =>
      this.deployments.deploy({ version, target, actor, expected, dryRun }),
    );
  }

  /** Compares with what the caller has seen twice: here, and under the lock of the promotion. */
  private async change(
    request: Request,
    response: Response,
    { seen, champion, modelName }: Seen,
    act: (expected: string | null | undefined) => Promise<DeployOutcome>,
  ): Promise<DeployOutcomeDto> {
    const expected = assertIfMatch(request, ...seen) ? (champion?.version ?? null) : undefined;
    try {
      const outcome = await act(expected);
      const now = await this.registry.deployed(modelName);
      if (now !== null) response.setHeader('etag', modelTag(now, now));
      return publicOutcome(outcome);
    } catch (error) {
      const isRace = expected !== undefined && error instanceof AppError && error.code === 'conflict';
      if (isRace && ((await this.registry.deployed(modelName))?.version ?? null) !== expected) throw stale();
      throw error;
    }
  }
}

interface Seen {
  /** Tags that the caller may name. */
  readonly seen: readonly string[];
  readonly champion: ModelVersion | null;
  readonly modelName: string;
}

/** Without the directory: it is a path of this machine, which the network does not need. */
function publicOutcome(outcome: DeployOutcome): DeployOutcomeDto {
  const { model_name, version, previous_version, target, layout, status } = outcome;
  return { model_name, version, previous_version, target, layout, status };
}
