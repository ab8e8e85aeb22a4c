import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';

export class FieldProblemDto {
  @ApiProperty({ example: '/model_name' })
  pointer: string;

  @ApiProperty()
  code: string;

  @ApiProperty()
  message: string;
}

/** Schema of RFC 9457 problem details as this service writes them. */
export class ProblemDto {
  @ApiProperty({ example: 'urn:mcp-training:problem:not_found' })
  type: string;

  @ApiProperty()
  title: string;

  @ApiProperty()
  status: number;

  @ApiProperty()
  detail: string;

  @ApiProperty()
  instance: string;

  @ApiProperty({ description: 'Stable; programs rely on it' })
  code: string;

  @ApiProperty()
  request_id: string;

  @ApiPropertyOptional()
  hint?: string;

  @ApiPropertyOptional({ type: [FieldProblemDto] })
  errors?: FieldProblemDto[];
}

/** Documents the error answers of a route. */
export function ApiProblems(...statuses: readonly number[]): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: 'Problem details (RFC 9457)',
        content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
      }),
    ),
  );
}
