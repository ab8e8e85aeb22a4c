import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Controller, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { Omissible } from '../platform/http/omissible.js';
import type { Request, Response } from 'express';
import { receiveModel, type ReceivedModel } from '../deployment/import/receive-model.js';
import { ExportsService } from '../export/exports.service.js';
import { featureSetNames } from '../features/core/feature-sets.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { DryRunQueryDto } from '../platform/http/dry-run.js';
import { IdempotencyService } from '../platform/http/idempotency/idempotency.service.js';
import { Idempotent } from '../platform/http/idempotency/idempotent.js';
import { Requires } from '../platform/http/requires.js';
import { policyOfCard } from '../registry/core/card/model-card.js';
import { actorOf } from '../platform/security/actor.js';
import { sha256Hex } from '../shared/digest.js';
import { AppError, type FieldProblem } from '../shared/errors.js';
import { isKnownTag, requestedRange } from './download-range.js';
import { ImportFlowService, type ImportResult, type ImportTrial } from './import-flow.service.js';
import {
  DOWNLOAD_FORMATS,
  ModelFilesService,
  type DownloadFormat,
  type ModelDownload,
} from './model-files.service.js';
import { IMPORT_DRY_RUN, IMPORT_RESULT } from './result-schemas.js';
import { runConfig } from './run-config.js';
import { isModelName } from './training-request.js';

const FIELDS = ['model_name', 'feature_set', 'export_id', 'export_file'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export class DownloadQueryDto {
  @ApiPropertyOptional({ enum: DOWNLOAD_FORMATS, default: 'package' })
  @Omissible()
  @IsIn(DOWNLOAD_FORMATS)
  format: DownloadFormat = 'package';
}

/** Models as files: in from elsewhere, out to the consumer. */
@ApiTags('models')
@Controller('models')
export class ModelFilesController {
  constructor(
    private readonly imports: ImportFlowService,
    private readonly files: ModelFilesService,
    private readonly exports: ExportsService,
    private readonly idempotency: IdempotencyService,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  @Post('import')
  @Requires('deploy')
  @Idempotent('handler')
  @ApiOperation({
    operationId: 'importModel',
    summary: 'Take a package (zip) or an ONNX model from elsewhere; it is judged by the same gate',
    description:
      'Without export_id or export_file the version is registered as rejected. Pickles are never read.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      properties: {
        file: { type: 'string', format: 'binary' },
        model_name: { type: 'string', default: 'wifi' },
        feature_set: { type: 'string', description: 'Of a bare ONNX model; a package tells its own' },
        export_id: { type: 'string', format: 'uuid' },
        export_file: { type: 'string', description: 'Relative to the exports directory' },
      },
      required: ['file'],
    },
  })
  @ApiCreatedResponse({ schema: IMPORT_RESULT })
  @ApiOkResponse({ schema: IMPORT_DRY_RUN })
  @ApiProblems(400, 404, 409, 413, 422, 507)
  async import(
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ImportResult | ImportTrial> {
    const received = await receiveModel(request, join(this.config.paths.dataDir, 'imports'), FIELDS);
    const { bytes, fileName, fields } = received;
    const form = { sha256: sha256Hex(bytes), fileName, fields: Object.fromEntries(fields) };
    return this.idempotency.run(request, response, form, () =>
      this.importReceived(received, dryRun, request, response),
    );
  }

  private async importReceived(
    received: ReceivedModel,
    dryRun: boolean,
    request: Request,
    response: Response,
  ): Promise<ImportResult | ImportTrial> {
    const { bytes, fileName } = received;
    const named = checkedFields(received);
    const command = { bytes, fileName, ...named, evaluate: await this.evaluateOn(received) };
    const config = runConfig(this.config);
    if (dryRun) {
      response.status(200);
      return this.imports.tryOut(command, config);
    }
    const result = await this.imports.import(command, config, { name: actorOf(request), reason: null });
    response.setHeader('location', `/api/v1/models/${result.version}`);
    return result;
  }

  private async evaluateOn({
    fields,
  }: ReceivedModel): Promise<{ files: { path: string; name: string }[]; noFollow: boolean } | null> {
    const id = fields.get('export_id');
    const file = fields.get('export_file');
    if (id === undefined && file === undefined) return null;
    const found = await this.exports.resolve({ export_id: id, export_file: file });
    return { files: [found], noFollow: true };
  }

  @Get(':version/card')
  @Requires('read')
  @ApiOperation({ operationId: 'getModelCard', summary: 'The model card: one HTML page that loads nothing' })
  @ApiProduces('text/html')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems(404, 409)
  async card(
    @Param('version') version: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { page, sha256 } = await this.files.card(version);
    const etag = `"${sha256}"`;
    response.setHeader('etag', etag);
    response.setHeader('content-security-policy', `${policyOfCard(page)}; frame-ancestors 'none'; sandbox`);
    if (isKnownTag(request.headers['if-none-match'], etag)) response.status(304).end();
    else response.type('text/html; charset=utf-8').send(page);
  }

  @Get(':version/download')
  @Requires('read')
  @ApiOperation({ operationId: 'downloadModel', summary: 'A file of a version, verified before it is sent' })
  @ApiHeader({ name: 'Range', required: false, description: 'One byte range' })
  @ApiProduces('application/zip', 'application/octet-stream')
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  @ApiResponse({
    status: 206,
    description: 'The part that Range asks for',
    schema: { type: 'string', format: 'binary' },
  })
  @ApiProblems(404, 409, 416, 422)
  async download(
    @Param('version') version: string,
    @Query() { format }: DownloadQueryDto,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const download = await this.files.open(version, format);
    await send(download, request, response);
  }
}

/** Every wrong field at once. */
function checkedFields({ fields }: ReceivedModel): { modelName: string; featureSet: string | null } {
  const problems: FieldProblem[] = [];
  const check = (name: (typeof FIELDS)[number], valid: (value: string) => boolean, message: string): void => {
    const value = fields.get(name);
    if (value !== undefined && !valid(value))
      problems.push({ pointer: `/${name}`, code: 'invalid', message });
  };
  check('model_name', isModelName, 'must be a model name such as wifi');
  check(
    'feature_set',
    (name) => featureSetNames().includes(name),
    `must be one of ${featureSetNames().join(', ')}`,
  );
  check('export_id', (id) => UUID.test(id), 'must be the id of a registered export');
  if (problems.length > 0) {
    throw new AppError('validation_failed', 'The form has fields that are not acceptable.', { problems });
  }
  return { modelName: fields.get('model_name') ?? 'wifi', featureSet: fields.get('feature_set') ?? null };
}

async function send(download: ModelDownload, request: Request, response: Response): Promise<void> {
  const { size, sha256, fileName } = download;
  const etag = `"${sha256}"`;
  response.setHeader('etag', etag);
  response.setHeader('accept-ranges', 'bytes');
  if (isKnownTag(request.headers['if-none-match'], etag)) return finish(download, response.status(304));
  const ifRange = request.headers['if-range'];
  const range = requestedRange(
    request.headers.range,
    typeof ifRange === 'string' ? ifRange : undefined,
    etag,
    size,
  );
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${size}`);
    await download.release();
    response
      .status(416)
      .type('application/problem+json')
      .send(JSON.stringify(rangeProblem(request, response, size)));
    return;
  }
  const part = range === 'all' ? { start: 0, end: size - 1 } : range;
  if (range !== 'all')
    response.status(206).setHeader('content-range', `bytes ${part.start}-${part.end}/${size}`);
  response.setHeader('content-type', download.mediaType);
  response.setHeader('content-length', part.end - part.start + 1);
  // The name is made of a version name, which needs no quoting (RFC 6266).
  response.setHeader('content-disposition', `attachment; filename="${fileName}"`);
  response.setHeader('repr-digest', `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`);
  response.setHeader('content-security-policy', "sandbox; default-src 'none'");
  if (request.method === 'HEAD') return finish(download, response);
  try {
    await pipeline(download.stream(part), response);
  } catch {
    // The client went away: pipeline has closed the file, and there is nobody left to tell.
    response.destroy();
  }
}

async function finish(download: ModelDownload, response: Response): Promise<void> {
  await download.release();
  response.end();
}

function rangeProblem(request: Request, response: Response, size: number): Record<string, unknown> {
  return {
    type: 'urn:mcp-training:problem:range_not_satisfiable',
    title: 'Range not satisfiable',
    status: 416,
    detail: `The file has ${size} bytes.`,
    instance: request.path.slice(0, 200),
    code: 'range_not_satisfiable',
    request_id: response.getHeader('x-request-id')?.toString() ?? '',
  };
}
