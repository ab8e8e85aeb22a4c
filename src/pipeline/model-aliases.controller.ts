import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiProblems } from '../platform/http/api-problems.js';
import { assertIfMatch, stale, strongEtag } from '../platform/http/etag.js';
import { Requires } from '../platform/http/requires.js';
import { actorOf } from '../platform/security/actor.js';
import { CHAMPION } from '../registry/core/alias-name.js';
import { ModelAliasService, type AliasChange } from '../registry/model-alias.service.js';
import { aliasDocument, type AliasDocument } from '../registry/model-json.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { AppError } from '../shared/errors.js';
import type { ModelAlias } from '../registry/model-version.js';
import { DeploymentFlowService } from './deployment-flow.service.js';
import { AliasDto, AliasListDto, AliasQueryDto, AliasRequestDto } from './model-changes.dto.js';
import { ModelQueryDto } from './models.dto.js';

const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'ETag of the alias as it was read, or * for whatever it names; needed when the alias exists',
};

/** Names for versions. They come before the routes of `:version`, which would swallow `aliases`. */
@ApiTags('models')
@Controller('models/aliases')
export class ModelAliasesController {
  constructor(
    private readonly aliases: ModelAliasService,
    private readonly registry: ModelRegistryService,
    private readonly deployments: DeploymentFlowService,
  ) {}

  @Get()
  @Requires('read')
  @ApiOperation({ operationId: 'listAliases', summary: 'Aliases of a model' })
  @ApiOkResponse({ type: AliasListDto })
  @ApiProblems(422)
  async list(@Query() { model }: ModelQueryDto): Promise<AliasListDto> {
    return { items: (await this.aliases.list(model)).map(aliasDocument) };
  }

  @Get(':alias')
  @Requires('read')
  @ApiOperation({ operationId: 'getAlias', summary: 'The version behind an alias' })
  @ApiOkResponse({ type: AliasDto })
  @ApiProblems(404, 422)
  async get(
    @Param('alias') alias: string,
    @Query() { model }: ModelQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AliasDocument> {
    return tagged(response, await this.aliases.get(model, alias));
  }

  @Put(':alias')
  @Requires('deploy')
  @ApiOperation({
    operationId: 'putAlias',
    summary: 'Point an alias to a version; for champion this deploys it',
  })
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: AliasDto })
  @ApiProblems(400, 404, 409, 412, 422, 428, 503)
  async put(
    @Param('alias') alias: string,
    @Body() body: AliasRequestDto,
    @Query() { model, dry_run: dryRun = false }: AliasQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AliasDocument> {
    const change = this.change(model, alias, request, body.reason);
    if (alias === CHAMPION) await this.promote(body, change, dryRun);
    else if (!dryRun) await this.aliases.set(body.version, change);
    if (dryRun) return this.preview(body.version, change);
    return tagged(response, await this.aliases.get(model, alias));
  }

  @Delete(':alias')
  @Requires('deploy')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteAlias', summary: 'Take an alias away; the version stays' })
  @ApiHeader(IF_MATCH)
  @ApiNoContentResponse()
  @ApiProblems(404, 409, 412, 422, 428)
  async remove(
    @Param('alias') alias: string,
    @Query() { model, dry_run: dryRun = false }: AliasQueryDto,
    @Req() request: Request,
  ): Promise<void> {
    const change = this.change(model, alias, request);
    if (dryRun) change.check(await this.aliases.get(model, alias));
    else await this.aliases.remove(change);
  }

  private change(modelName: string, alias: string, request: Request, reason?: string): AliasChange {
    return {
      modelName,
      alias,
      check: (current) => {
        assertSeen(request, current);
      },
      actor: { name: actorOf(request), reason: reason ?? null },
    };
  }

  /** Compare and set: the champion that If-Match speaks of must still be it when the promotion commits. */
  private async promote(
    { version, target = 'default' }: AliasRequestDto,
    { modelName, check, actor }: AliasChange,
    dryRun: boolean,
  ): Promise<void> {
    const expected = await this.aliases.expectedChampion(modelName, check);
    try {
      await this.deployments.deploy({ version, target, actor, expected, modelName, dryRun });
    } catch (error) {
      // Under the lock of the promotion another champion was found than a moment ago.
      const now = (await this.aliases.find(modelName, CHAMPION))?.version ?? null;
      if (error instanceof AppError && error.code === 'conflict' && now !== expected) throw stale();
      throw error;
    }
  }

  private async preview(version: string, { modelName, alias, check }: AliasChange): Promise<AliasDocument> {
    const current = await this.aliases.find(modelName, alias);
    check(current);
    await this.registry.get(version);
    return {
      model_name: modelName,
      alias,
      version,
      updated_at: current?.updatedAt ?? new Date(0).toISOString(),
    };
  }
}

function tagged(response: Response, alias: ModelAlias): AliasDocument {
  const document = aliasDocument(alias);
  response.setHeader('etag', strongEtag(document));
  return document;
}

/** An alias that exists is changed by somebody who has seen it; to make a new one, there is nothing to have seen. */
function assertSeen(request: Request, current: ModelAlias | null): void {
  if (current === null) {
    assertIfMatch(request);
    return;
  }
  if (request.headers['if-match'] === undefined && request.query.dry_run !== 'true') {
    throw new AppError('precondition_required', 'This alias exists: changing it needs an If-Match header.', {
      hint: 'Send the ETag of GET /models/aliases/{alias}, or "If-Match: *" for whatever it names now.',
      problems: [{ pointer: 'If-Match', code: 'missing', message: 'must be there' }],
    });
  }
  assertIfMatch(request, strongEtag(aliasDocument(current)));
}
