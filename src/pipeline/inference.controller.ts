import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, TypeOrmHealthIndicator } from '@nestjs/terminus';
import { APP_VERSION } from '../platform/app-version.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Public, Requires } from '../platform/http/requires.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import { AppError } from '../shared/errors.js';
import {
  DEVICE_INPUT,
  FEATURES_INPUT,
  InferenceModelDto,
  InferRequestDto,
  InferResponseDto,
  LiveDto,
  ModelReadyDto,
  ReadyDto,
  ServerMetadataDto,
} from './inference.dto.js';
import { inferenceRows } from './inference-rows.js';
import { InferenceService, type RowScores } from './inference.service.js';
import { isModelName } from './training-request.js';

const PROBE = 'a probe has no key, and learns no more than a word';
const DATABASE_TIMEOUT_MS = 2_000;

/** The Open Inference Protocol, version 2 (KServe, Triton, MLServer), on the scorer of `predict`. */
@ApiTags('inference')
@Controller('v2')
export class InferenceController {
  constructor(
    private readonly inference: InferenceService,
    private readonly health: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
  ) {}

  @Get()
  @Requires('read')
  @ApiOperation({ operationId: 'inferenceServer', summary: 'Name and version of the server' })
  @ApiOkResponse({ type: ServerMetadataDto })
  server(): ServerMetadataDto {
    return { name: 'mcp-training', version: APP_VERSION, extensions: [] };
  }

  @Get('health/live')
  @Public(PROBE)
  @ApiOperation({ operationId: 'inferenceLive', summary: 'The process answers' })
  @ApiOkResponse({ type: LiveDto })
  live(): LiveDto {
    return { live: true };
  }

  @Get('health/ready')
  @Public(PROBE)
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOperation({ operationId: 'inferenceReady', summary: 'The database answers: models can be asked' })
  @ApiOkResponse({ type: ReadyDto })
  @ApiProblems(503)
  async ready(): Promise<ReadyDto> {
    await this.health.check([() => this.database.pingCheck('database', { timeout: DATABASE_TIMEOUT_MS })]);
    return { ready: true };
  }

  @Get('models/:name')
  @Requires('read')
  @ApiOperation({ operationId: 'inferenceModel', summary: 'Inputs and outputs of the deployed version' })
  @ApiOkResponse({ type: InferenceModelDto })
  @ApiProblems(404, 409)
  model(@Param('name') name: string): Promise<InferenceModelDto> {
    return this.metadata(name, null);
  }

  @Get('models/:name/ready')
  @Requires('read')
  @ApiOperation({ operationId: 'inferenceModelReady', summary: 'The deployed version can be asked' })
  @ApiOkResponse({ type: ModelReadyDto })
  @ApiProblems(404, 409)
  modelReady(@Param('name') name: string): Promise<ModelReadyDto> {
    return this.readiness(name, null);
  }

  @Post('models/:name/infer')
  @Requires('read')
  @HttpCode(200)
  @ApiOperation({ operationId: 'infer', summary: 'Score rows of features with the deployed version' })
  @ApiOkResponse({ type: InferResponseDto })
  @ApiProblems(400, 404, 409, 413, 422)
  infer(@Param('name') name: string, @Body() body: InferRequestDto): Promise<InferResponseDto> {
    return this.scores(name, null, body);
  }

  @Get('models/:name/versions/:version')
  @Requires('read')
  @ApiOperation({ operationId: 'inferenceVersion', summary: 'Inputs and outputs of one version' })
  @ApiOkResponse({ type: InferenceModelDto })
  @ApiProblems(404, 409)
  version(@Param('name') name: string, @Param('version') version: string): Promise<InferenceModelDto> {
    return this.metadata(name, version);
  }

  @Get('models/:name/versions/:version/ready')
  @Requires('read')
  @ApiOperation({ operationId: 'inferenceVersionReady', summary: 'One version can be asked' })
  @ApiOkResponse({ type: ModelReadyDto })
  @ApiProblems(404, 409)
  versionReady(@Param('name') name: string, @Param('version') version: string): Promise<ModelReadyDto> {
    return this.readiness(name, version);
  }

  @Post('models/:name/versions/:version/infer')
  @Requires('read')
  @HttpCode(200)
  @ApiOperation({ operationId: 'inferVersion', summary: 'Score rows of features with one version' })
  @ApiOkResponse({ type: InferResponseDto })
  @ApiProblems(400, 404, 409, 413, 422)
  inferVersion(
    @Param('name') name: string,
    @Param('version') version: string,
    @Body() body: InferRequestDto,
  ): Promise<InferResponseDto> {
    return this.scores(name, version, body);
  }

  private load(name: string, version: string | null): Promise<LoadedModel> {
    if (!isModelName(name)) throw new AppError('not_found', 'There is no model of this name.');
    return this.inference.model(name, version);
  }

  private async readiness(name: string, version: string | null): Promise<ModelReadyDto> {
    await this.load(name, version);
    return { name, ready: true };
  }

  private async metadata(name: string, version: string | null): Promise<InferenceModelDto> {
    const model = await this.load(name, version);
    const columns = model.featureNames.length;
    return {
      name,
      versions: [model.version],
      platform: 'mcp-training',
      inputs: [
        { name: FEATURES_INPUT, datatype: 'FP64', shape: [-1, columns] },
        ...(model.detector === null ? [] : [{ name: DEVICE_INPUT, datatype: 'BYTES', shape: [-1] }]),
      ],
      outputs: [
        { name: 'score', datatype: 'FP64', shape: [-1] },
        { name: 'is_anomaly', datatype: 'BOOL', shape: [-1] },
        { name: 'confidence', datatype: 'FP64', shape: [-1] },
      ],
      parameters: { feature_names: [...model.featureNames], threshold: -model.offset },
    };
  }

  private async scores(
    name: string,
    version: string | null,
    body: InferRequestDto,
  ): Promise<InferResponseDto> {
    const model = await this.load(name, version);
    const scores = this.inference.score(model, inferenceRows(body.inputs, model.featureNames.length));
    const wanted = body.outputs?.map((output) => output.name);
    return {
      model_name: name,
      model_version: model.version,
      ...(body.id === undefined ? {} : { id: body.id }),
      outputs: outputsOf(scores).filter((output) => wanted?.includes(output.name) ?? true),
    };
  }
}

function outputsOf({ score, isAnomaly, confidence }: RowScores) {
  const shape = [score.length];
  return [
    { name: 'score' as const, datatype: 'FP64', shape, data: score },
    { name: 'is_anomaly' as const, datatype: 'BOOL', shape, data: isAnomaly },
    { name: 'confidence' as const, datatype: 'FP64', shape, data: confidence },
  ];
}
