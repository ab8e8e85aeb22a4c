import { Controller, Delete, Head, HttpCode, Param, Patch, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiPropertyOptional,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { Omissible } from '../platform/http/omissible.js';
import type { Request, Response } from 'express';
import { ApiProblems } from '../platform/http/api-problems.js';
import { DryRunQueryDto } from '../platform/http/dry-run.js';
import { Requires } from '../platform/http/requires.js';
import { AppError, type FieldProblem } from '../shared/errors.js';
import { exportJson } from './export-record.js';
import { ExportUploadsService } from './export-uploads.service.js';
import { SHA256_HEX } from '../shared/digest.js';
import { ExportDto, UploadDryRunDto } from './exports.dto.js';

export class UploadQueryDto extends DryRunQueryDto {
  @ApiPropertyOptional({ description: 'What the file is called', default: 'export' })
  @Omissible()
  @IsString()
  @MaxLength(200)
  file_name?: string;
}

const BYTES = {
  required: true,
  schema: { type: 'integer', minimum: 0, maximum: 999_999_999_999_999 },
} as const;
const MEDIA_TYPES = ['application/octet-stream', 'application/partial-upload'];

/**
 * Uploads in parts, for files too large to be sent twice. The resource is the content: it is addressed by the SHA-256 of
 * the whole file, so nobody has to keep an address, and a file that is here already is not sent at all. Header names and
 * meanings are those of the IETF draft "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload).
 */
@ApiTags('exports')
@Controller('exports/uploads')
export class ExportUploadsController {
  constructor(private readonly uploads: ExportUploadsService) {}

  @Head(':sha256')
  @Requires('read')
  @ApiOperation({ operationId: 'getUpload', summary: 'How much of a file is here (headers only)' })
  @ApiOkResponse({ headers: uploadHeaders() })
  @ApiProblems(422)
  async offset(@Param('sha256') text: string, @Res({ passthrough: true }) response: Response): Promise<void> {
    const state = await this.uploads.state(sha256Of(text));
    if (state === undefined) setProgress(response, 0, null, false);
    else if ('record' in state) {
      setProgress(response, state.record.sizeBytes, state.record.sizeBytes, true);
      response.setHeader('location', `/api/v1/exports/${state.record.exportId}`);
    } else setProgress(response, state.offset, state.length, false);
  }

  @Patch(':sha256')
  @Requires('train')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'continueUpload',
    summary: 'The next bytes of a file; with the last one it becomes an export',
  })
  @ApiHeader({ ...BYTES, name: 'Upload-Offset', description: 'Where in the file the body begins' })
  @ApiHeader({ ...BYTES, name: 'Upload-Length', description: 'Size of the whole file, bytes' })
  @ApiConsumes(...MEDIA_TYPES)
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiCreatedResponse({ type: ExportDto, description: 'Complete' })
  @ApiExtraModels(UploadDryRunDto)
  @ApiOkResponse({
    description: 'It was here already, or a dry run: the body was not read',
    schema: { oneOf: [{ $ref: getSchemaPath(ExportDto) }, { $ref: getSchemaPath(UploadDryRunDto) }] },
  })
  @ApiNoContentResponse({ description: 'Taken; more has to come', headers: uploadHeaders() })
  @ApiProblems(400, 409, 413, 422, 507)
  async append(
    @Param('sha256') text: string,
    @Query() { file_name: fileName = '', dry_run: dryRun = false }: UploadQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown> | UploadDryRunDto | undefined> {
    const sha256 = sha256Of(text);
    const { offset, length } = announcement(request);
    try {
      if (dryRun) {
        const { isKnown } = await this.uploads.tryAppend({ sha256, length }, offset);
        response.status(200);
        const status = isKnown ? 'already_here' : 'would_append';
        return { status, upload_offset: offset, upload_length: length };
      }
      const result = await this.uploads.append(request, { sha256, length }, offset, fileName);
      if (!('record' in result)) {
        setProgress(response, result.offset, result.length, false);
        return undefined;
      }
      setProgress(response, length, length, true);
      response.status(result.isNew ? 201 : 200);
      response.setHeader('location', `/api/v1/exports/${result.record.exportId}`);
      return exportJson(result.record);
    } catch (error) {
      if (error instanceof AppError && typeof error.details.offset === 'number') {
        setProgress(response, error.details.offset, length, false);
      }
      throw error;
    }
  }

  @Delete(':sha256')
  @Requires('train')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteUpload', summary: 'Forget what is here of an unfinished upload' })
  @ApiNoContentResponse({ description: 'Forgotten, or it would be (a dry run)' })
  @ApiProblems(404, 422)
  async remove(
    @Param('sha256') text: string,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
  ): Promise<void> {
    const sha256 = sha256Of(text);
    const state = dryRun ? await this.uploads.state(sha256) : null;
    if (state === null) this.uploads.discard(sha256);
    else if (state === undefined || 'record' in state)
      throw new AppError('not_found', 'There is no such unfinished upload.');
  }
}

function sha256Of(text: string): string {
  if (SHA256_HEX.test(text)) return text.toLowerCase();
  throw new AppError('validation_failed', 'The address must end with the SHA-256 of the file.', {
    hint: 'sha256sum export.json prints it.',
    problems: [{ pointer: '/sha256', code: 'sha256', message: 'must be 64 hexadecimal digits' }],
  });
}

/** Every wrong header at once. */
function announcement(request: Request): { offset: number; length: number } {
  const problems: FieldProblem[] = [];
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  if (!MEDIA_TYPES.includes(mediaType)) {
    problems.push({
      pointer: 'Content-Type',
      code: 'media_type',
      message: `must be ${MEDIA_TYPES.join(' or ')}`,
    });
  }
  const number = (name: string): number => {
    const given = request.headers[name.toLowerCase()];
    const value = typeof given === 'string' && /^[0-9]{1,15}$/.test(given) ? Number(given) : NaN;
    if (Number.isNaN(value)) {
      problems.push({ pointer: name, code: 'number', message: 'must be a whole number of bytes' });
    }
    return value;
  };
  const offset = number('Upload-Offset');
  const length = number('Upload-Length');
  if (offset > length) {
    problems.push({ pointer: 'Upload-Offset', code: 'offset', message: 'must not be above Upload-Length' });
  }
  if (problems.length > 0) {
    throw new AppError('validation_failed', 'The headers of the upload are not acceptable.', { problems });
  }
  return { offset, length };
}

function setProgress(response: Response, offset: number, length: number | null, isComplete: boolean): void {
  response.setHeader('upload-offset', offset);
  if (length !== null) response.setHeader('upload-length', length);
  // Structured field booleans (RFC 9651).
  response.setHeader('upload-complete', isComplete ? '?1' : '?0');
}

function uploadHeaders(): Record<string, { description: string; schema: { type: 'string' | 'integer' } }> {
  return {
    'Upload-Offset': {
      description: 'Bytes that are here: the next one to send',
      schema: { type: 'integer' },
    },
    'Upload-Length': { description: 'Size of the whole file, once it is known', schema: { type: 'integer' } },
    'Upload-Complete': {
      description: '?1 when it is an export (then see Location)',
      schema: { type: 'string' },
    },
  };
}
