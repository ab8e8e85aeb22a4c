import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { exportSelection } from '../export/export-selection.dto.js';
import { ExportsService } from '../export/exports.service.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { DryRunQueryDto } from '../platform/http/dry-run.js';
import { Idempotent } from '../platform/http/idempotency/idempotent.js';
import { Requires } from '../platform/http/requires.js';
import { decodeCursor, toPage, type Page } from '../platform/http/page.js';
import { actorOf } from '../platform/security/actor.js';
import { parseTagFilter } from '../registry/core/annotations.js';
import { VERSION_PATTERN } from '../registry/core/version-name.js';
import { modelDetail, modelSummary } from '../registry/model-json.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { ModelVersion } from '../registry/model-version.js';
import { AnswerCache, fileState } from './answer-cache.js';
import { AppError } from '../shared/errors.js';
import { CompareFlowService, type ComparisonResult } from './compare-flow.service.js';
import {
  CompareQueryDto,
  EvaluateRequestDto,
  ModelDetailDto,
  ModelListQueryDto,
  ModelPageDto,
  ModelQueryDto,
  ModelStatsDto,
  ThresholdRequestDto,
} from './models.dto.js';
import { modelTag } from './model-tag.js';
import { ModelEvaluationService, type ModelEvaluation } from './model-evaluation.service.js';
import type { JudgementInput } from './model-input.service.js';
import {
  COMPARISON_RESULT,
  EVALUATION_RESULT,
  THRESHOLD_DRY_RUN,
  THRESHOLD_RESULT,
} from './result-schemas.js';
import { runConfig } from './run-config.js';
import { explanationRequest, predictAnswer, PredictRequestDto, PredictResponseDto } from './predict.dto.js';
import { ScoringFlowService } from './scoring-flow.service.js';
import { ThresholdFlowService, type ThresholdResult, type ThresholdTrial } from './threshold-flow.service.js';

@ApiTags('models')
@Controller('models')
export class ModelsController {
  constructor(
    private readonly registry: ModelRegistryService,
    private readonly comparisons: CompareFlowService,
    private readonly scoring: ScoringFlowService,
    private readonly evaluations: ModelEvaluationService,
    private readonly thresholds: ThresholdFlowService,
    private readonly exports: ExportsService,
    private readonly answers: AnswerCache,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  @Get()
  @Requires('read')
  @ApiOperation({ operationId: 'listModels', summary: 'Model versions, newest first' })
  @ApiOkResponse({ type: ModelPageDto })
  @ApiProblems(400, 422)
  async list(
    @Query() { limit, cursor, model, status, q, tag, sort }: ModelListQueryDto,
  ): Promise<Page<Record<string, unknown>>> {
    const position = decodeCursor(cursor, VERSION_PATTERN);
    const after = position && { createdAt: position.createdAt, version: position.id };
    const tags = tag?.map(parseTagFilter);
    const filter = { modelName: model, statuses: status, search: q, tags, sort };
    const rows = await this.registry.list({ limit: limit + 1, ...filter, after });
    return toPage(rows, limit, modelSummary, ({ createdAt, version }) => ({ createdAt, id: version }));
  }

  // The fixed names come before `:version`, which would swallow them.
  @Get('latest')
  @Requires('read')
  @ApiOperation({ operationId: 'getLatestModel', summary: 'The newest version of a model' })
  @ApiOkResponse({ type: ModelDetailDto })
  @ApiProblems(404, 422)
  async latest(
    @Query() { model }: ModelQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    return this.tagged(
      found(await this.registry.latest(model), `Model "${model}" has no version yet.`),
      response,
    );
  }

  @Get('deployed')
  @Requires('read')
  @ApiOperation({ operationId: 'getDeployedModel', summary: 'The deployed version of a model' })
  @ApiOkResponse({ type: ModelDetailDto })
  @ApiProblems(404, 422)
  async deployed(
    @Query() { model }: ModelQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    return this.tagged(
      found(await this.registry.deployed(model), `No version of model "${model}" is deployed.`),
      response,
    );
  }

  @Get('stats')
  @Requires('read')
  @ApiOperation({
    operationId: 'getModelStats',
    summary: 'Number of versions by status, and where each model stands',
  })
  @ApiOkResponse({ type: ModelStatsDto })
  async stats(): Promise<ModelStatsDto> {
    const [versions, names] = await Promise.all([this.registry.countByStatus(), this.registry.byName()]);
    const models = names.map(({ modelName, ...name }) => ({ model_name: modelName, ...name }));
    return { versions, total: Object.values(versions).reduce((sum, count) => sum + count, 0), models };
  }

  @Get(':version')
  @Requires('read')
  @ApiOperation({ operationId: 'getModel', summary: 'One model version' })
  @ApiOkResponse({ type: ModelDetailDto })
  @ApiProblems(404)
  async get(
    @Param('version') version: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    return this.tagged(await this.registry.get(version), response);
  }

  @Get(':a/compare/:b')
  @Requires('read')
  @ApiOperation({
    operationId: 'compareModels',
    summary: 'Two versions side by side: on an export, or by their recorded reports',
  })
  @ApiOkResponse({ schema: COMPARISON_RESULT })
  @ApiProblems(400, 404, 409, 422)
  async compare(
    @Param('a') a: string,
    @Param('b') b: string,
    @Query() query: CompareQueryDto,
  ): Promise<ComparisonResult> {
    const hasExport = query.export_id !== undefined || query.export_file !== undefined;
    if (!hasExport && query.labels_file !== undefined) {
      const message = 'needs export_id or export_file, whose windows it speaks about';
      throw new AppError('validation_failed', 'labels_file was given without an export.', {
        problems: [{ pointer: 'labels_file', code: 'export_missing', message }],
      });
    }
    const input = hasExport ? await this.judgementInput(query) : null;
    const seed = this.config.values.training.random_state;
    return this.comparisons.compare({ a, b, input, seed }, {});
  }

  @Post(':version/predict')
  @Requires('read')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'predict',
    summary: 'Score an export with a version, and explain what is flagged',
  })
  @ApiOkResponse({ type: PredictResponseDto })
  @ApiProblems(404, 409, 422)
  async predict(@Param('version') version: string, @Body() body: PredictRequestDto): Promise<object> {
    const file = await this.exports.resolve(body);
    const maxWindows = this.config.values.features.window.max_windows;
    const selection = { files: [file], noFollow: true };
    const explanation = explanationRequest(body);
    const command = { selection, modelName: '', version, maxWindows, explanation };
    const answer = async (): Promise<object> => predictAnswer(await this.scoring.score(command, {}), body);
    // With every window an answer may be larger than what is worth keeping.
    if (body.windows !== 'flagged') return answer();
    const { status } = await this.registry.get(version);
    return this.answers.get(['predict', version, status, fileState(file.path), body], answer);
  }

  @Post(':version/evaluate')
  @Requires('read')
  @HttpCode(200)
  @ApiOperation({ operationId: 'evaluateModel', summary: 'Judge a version on an export; nothing is changed' })
  @ApiOkResponse({ schema: EVALUATION_RESULT })
  @ApiProblems(400, 404, 409, 422)
  async evaluate(
    @Param('version') version: string,
    @Body() body: EvaluateRequestDto,
  ): Promise<ModelEvaluation> {
    const input = await this.judgementInput(body);
    return this.evaluations.evaluate({ version, ...input }, runConfig(this.config), {});
  }

  @Post(':version/threshold')
  @Requires('train')
  @Idempotent()
  @ApiOperation({
    operationId: 'setThreshold',
    summary: 'Register the same forest with another threshold as a version of its own',
  })
  @ApiCreatedResponse({ schema: THRESHOLD_RESULT })
  @ApiOkResponse({ schema: THRESHOLD_DRY_RUN })
  @ApiProblems(400, 404, 409, 422)
  async threshold(
    @Param('version') version: string,
    @Body() body: ThresholdRequestDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ThresholdResult | ThresholdTrial> {
    const input = await this.judgementInput(body);
    const command = { version, threshold: { policy: body.policy, value: body.value }, ...input };
    const config = runConfig(this.config);
    if (dryRun) {
      response.status(200);
      return this.thresholds.tryOut(command, config);
    }
    const actor = { name: actorOf(request), reason: null };
    const result = await this.thresholds.setThreshold(command, config, actor);
    response.setHeader('location', `/api/v1/models/${result.version}`);
    return result;
  }

  private async tagged(model: ModelVersion, response: Response): Promise<Record<string, unknown>> {
    const champion = model.status === 'deployed' ? model : await this.registry.deployed(model.modelName);
    response.setHeader('etag', modelTag(model, champion));
    return modelDetail(model);
  }

  private async judgementInput(body: EvaluateRequestDto): Promise<JudgementInput> {
    const file = await this.exports.resolve(body);
    return {
      selection: { files: [file], ...exportSelection(body), noFollow: true },
      maxWindows: this.config.values.features.window.max_windows,
      labels: body.labels_file === undefined ? null : this.exports.resolveFile(body.labels_file),
      labelColumn: body.label_column ?? null,
      labelField: this.config.values.evaluation.label_field,
    };
  }
}

function found(model: ModelVersion | null, message: string): ModelVersion {
  if (model !== null) return model;
  throw new AppError('not_found', message);
}
