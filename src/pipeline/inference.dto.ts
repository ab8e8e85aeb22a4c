import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { Omissible } from '../platform/http/omissible.js';

/** Bodies of the Open Inference Protocol, version 2. */
export const INPUT_DATATYPES = ['FP32', 'FP64', 'BYTES'] as const;
export const FEATURES_INPUT = 'features';
export const DEVICE_INPUT = 'device';

const ID = /^[\x20-\x7e]{0,200}$/;
/** One number or text, or a row of them. */
const DATA_ITEM = {
  oneOf: [
    { type: 'number' },
    { type: 'null' },
    { type: 'string' },
    { type: 'array', items: { oneOf: [{ type: 'number' }, { type: 'null' }] } },
  ],
};

export class InferInputDto {
  @ApiProperty({
    description: `"${FEATURES_INPUT}": rows of features; "${DEVICE_INPUT}": the device of each row (BYTES)`,
    example: FEATURES_INPUT,
  })
  @IsString()
  @MaxLength(100)
  name: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'integer', minimum: 0 },
    minItems: 1,
    maxItems: 2,
    description: '[rows, features], or [rows] of the devices',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(2)
  @IsInt({ each: true })
  @Min(0, { each: true })
  shape: number[];

  @ApiProperty({ enum: INPUT_DATATYPES })
  @IsIn(INPUT_DATATYPES)
  datatype: (typeof INPUT_DATATYPES)[number];

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Taken and not used' })
  @Omissible()
  @IsObject()
  parameters?: Record<string, unknown>;

  @ApiProperty({
    type: 'array',
    items: DATA_ITEM,
    description: 'Flat in row order, or a list of rows; null = a missing value',
  })
  @IsArray()
  data: unknown[];
}

export class RequestedOutputDto {
  @ApiProperty({ enum: ['score', 'is_anomaly', 'confidence'] })
  @IsIn(['score', 'is_anomaly', 'confidence'])
  name: 'score' | 'is_anomaly' | 'confidence';

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Taken and not used' })
  @Omissible()
  @IsObject()
  parameters?: Record<string, unknown>;
}

export class InferRequestDto {
  @ApiPropertyOptional({ description: 'Given back' })
  @Omissible()
  @Matches(ID, { message: 'id must be at most 200 printable ASCII characters' })
  id?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Taken and not used' })
  @Omissible()
  @IsObject()
  parameters?: Record<string, unknown>;

  @ApiProperty({ type: [InferInputDto] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(2)
  @ValidateNested({ each: true })
  @Type(() => InferInputDto)
  inputs: InferInputDto[];

  @ApiPropertyOptional({ type: [RequestedOutputDto], description: 'Default: all' })
  @Omissible()
  @IsArray()
  @ArrayMaxSize(3)
  @ValidateNested({ each: true })
  @Type(() => RequestedOutputDto)
  outputs?: RequestedOutputDto[];
}

export class TensorMetadataDto {
  @ApiProperty()
  name: string;

  @ApiProperty({ enum: ['FP64', 'BOOL', 'BYTES'] })
  datatype: string;

  @ApiProperty({ type: 'array', items: { type: 'integer' }, description: '-1 = any number' })
  shape: number[];
}

export class ServerMetadataDto {
  @ApiProperty({ example: 'mcp-training' })
  name: string;

  @ApiProperty()
  version: string;

  @ApiProperty({ type: [String] })
  extensions: string[];
}

class ModelParametersDto {
  @ApiProperty({ type: [String], description: 'In column order' })
  feature_names: string[];

  @ApiProperty({ description: 'A row is an anomaly when its score is above this' })
  threshold: number;
}

export class InferenceModelDto {
  @ApiProperty()
  name: string;

  @ApiProperty({ type: [String], description: 'The version that answers' })
  versions: string[];

  @ApiProperty({ example: 'mcp-training' })
  platform: string;

  @ApiProperty({ type: [TensorMetadataDto] })
  inputs: TensorMetadataDto[];

  @ApiProperty({ type: [TensorMetadataDto] })
  outputs: TensorMetadataDto[];

  @ApiProperty({ type: ModelParametersDto })
  parameters: ModelParametersDto;
}

export class ModelReadyDto {
  @ApiProperty()
  name: string;

  @ApiProperty()
  ready: boolean;
}

export class LiveDto {
  @ApiProperty()
  live: boolean;
}

export class ReadyDto {
  @ApiProperty()
  ready: boolean;
}

export class InferOutputDto {
  @ApiProperty({ enum: ['score', 'is_anomaly', 'confidence'] })
  name: string;

  @ApiProperty({ enum: ['FP64', 'BOOL'] })
  datatype: string;

  @ApiProperty({ type: 'array', items: { type: 'integer' } })
  shape: number[];

  @ApiProperty({ type: 'array', items: { oneOf: [{ type: 'number' }, { type: 'boolean' }] } })
  data: (number | boolean)[];
}

export class InferResponseDto {
  @ApiProperty()
  model_name: string;

  @ApiProperty()
  model_version: string;

  @ApiPropertyOptional()
  id?: string;

  @ApiProperty({ type: [InferOutputDto] })
  outputs: InferOutputDto[];
}
