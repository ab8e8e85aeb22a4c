import { Body, Controller, Delete, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import { Omissible } from '../http/omissible.js';
import type { Request, Response } from 'express';
import { AppError } from '../../shared/errors.js';
import { CLOCK, type Clock } from '../clock.js';
import { ApiProblems } from '../http/api-problems.js';
import { DryRunQueryDto } from '../http/dry-run.js';
import { Requires } from '../http/requires.js';
import { actorOf } from './actor.js';
import { apiKeyJson, type ApiKeyStatus } from './api-key-record.js';
import { ApiKeysService } from './api-keys.service.js';
import { SCOPES, type Scope } from './scopes.js';

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;
const NO_CONTROL = /^[^\u0000-\u001f\u007f]*$/;

class NewApiKeyDto {
  @ApiProperty({ example: 'dashboard', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' })
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
    message: 'name must be letters, digits, ".", "_" and "-", at most 64',
  })
  name: string;

  @ApiProperty({ enum: SCOPES, isArray: true, minItems: 1, maxItems: 4, example: ['read'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(SCOPES.length)
  @IsIn(SCOPES, { each: true })
  scopes: Scope[];

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'RFC 3339 in UTC; null = it does not expire',
  })
  @IsOptional()
  @Matches(MOMENT, { message: 'expires_at must be a moment in UTC such as 2027-01-31T00:00:00Z' })
  expires_at?: string | null;
}

class RevokeQueryDto extends DryRunQueryDto {
  @ApiPropertyOptional({ description: 'Why; goes into the audit log', maxLength: 500 })
  @Omissible()
  @IsString()
  @MaxLength(500)
  @Matches(NO_CONTROL, { message: 'reason must not hold control characters' })
  reason?: string;
}

class ApiKeyDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  name: string;

  @ApiProperty({ description: 'Public part of the key' })
  prefix: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: Scope[];

  @ApiProperty({ enum: ['active', 'expired', 'revoked'] })
  status: ApiKeyStatus;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty()
  created_by: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'To the minute' })
  last_used_at: string | null;
}

class CreatedApiKeyDto extends ApiKeyDto {
  @ApiProperty({ description: 'The key, shown this once: only its hash is kept' })
  key: string;
}

class ApiKeyListDto {
  @ApiProperty({ type: [ApiKeyDto], description: 'Newest first; keys are never deleted, only revoked' })
  items: ApiKeyDto[];
}

class ApiKeyDryRunDto {
  @ApiProperty({ enum: ['would_create'] })
  status: 'would_create';

  @ApiProperty()
  name: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: Scope[];
}

/** Keys to this API, for those who may do everything. There is no Idempotency-Key: an answer with a secret is not kept. */
@ApiTags('api keys')
@Controller('api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Requires('admin')
  @ApiOperation({ operationId: 'listApiKeys', summary: 'All API keys, without the keys' })
  @ApiOkResponse({ type: ApiKeyListDto })
  async list(): Promise<{ items: Record<string, unknown>[] }> {
    const nowMs = this.clock.nowMs();
    return { items: (await this.keys.list()).map((record) => apiKeyJson(record, nowMs)) };
  }

  @Post()
  @Requires('admin')
  @ApiOperation({
    operationId: 'createApiKey',
    summary: 'Make an API key; with the first one the service answers nobody without one',
  })
  @ApiCreatedResponse({ type: CreatedApiKeyDto })
  @ApiOkResponse({ type: ApiKeyDryRunDto, description: 'A dry run: nothing was made' })
  @ApiProblems(400, 422)
  async create(
    @Body() { name, scopes, expires_at: expires = null }: NewApiKeyDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    const nowMs = this.clock.nowMs();
    const expiresAt = expires === null ? null : endOf(expires, nowMs);
    if (dryRun) {
      response.status(200);
      return { status: 'would_create', name, scopes: [...new Set(scopes)] };
    }
    const { key, record } = await this.keys.create({ name, scopes, expiresAt, actor: actorOf(request) });
    response.setHeader('location', `/api/v1/api-keys/${record.id}`);
    return { key, ...apiKeyJson(record, nowMs) };
  }

  @Delete(':which')
  @Requires('admin')
  @ApiOperation({
    operationId: 'revokeApiKey',
    summary: 'Revoke a key, by its id or prefix; the next request with it is refused',
  })
  @ApiOkResponse({ type: ApiKeyDto, description: 'Revoked' })
  @ApiProblems(404, 409, 422)
  async revoke(
    @Param('which') which: string,
    @Query() { dry_run: dryRun = false, reason }: RevokeQueryDto,
    @Req() request: Request,
  ): Promise<Record<string, unknown>> {
    const record = dryRun
      ? await this.keys.get(which)
      : await this.keys.revoke(which, actorOf(request), reason ?? null);
    return apiKeyJson(record, this.clock.nowMs());
  }
}

const LONGEST_MS = 10 * 366 * 24 * 3_600_000;

function endOf(text: string, nowMs: number): Date {
  const atMs = Date.parse(text);
  if (atMs > nowMs && atMs - nowMs <= LONGEST_MS) return new Date(atMs);
  throw new AppError('validation_failed', 'expires_at must lie in the next ten years.', {
    problems: [{ pointer: '/expires_at', code: 'range', message: 'must be a moment in the next ten years' }],
  });
}
