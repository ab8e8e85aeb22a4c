import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, Max, Min } from 'class-validator';
import { Omissible } from '../platform/http/omissible.js';
import { ExportReferenceDto } from '../export/export-selection.dto.js';
import { heatMap } from '../monitoring/core/heat-map.js';
import type { ScoreReport } from '../monitoring/scoring.service.js';
import { EXPLANATION_LIMITS as LIMITS, type ExplanationRequest } from './explanation-request.js';

function bounds({ least, most, usual }: { least: number; most: number; usual: number }): object {
  return { type: 'integer', minimum: least, maximum: most, default: usual };
}

export class PredictRequestDto extends ExportReferenceDto {
  @ApiPropertyOptional({
    default: false,
    description: 'Say of each flagged window why it is flagged and what was logged in it',
  })
  @Omissible()
  @IsBoolean()
  explain?: boolean;

  @ApiPropertyOptional({ ...bounds(LIMITS.top), description: 'With explain: features a window, at most' })
  @Omissible()
  @IsInt()
  @Min(LIMITS.top.least)
  @Max(LIMITS.top.most)
  top?: number;

  @ApiPropertyOptional({
    ...bounds(LIMITS.lines),
    description: 'With explain: log lines a window, at most; 0 = the export is not read again',
  })
  @Omissible()
  @IsInt()
  @Min(LIMITS.lines.least)
  @Max(LIMITS.lines.most)
  lines?: number;

  @ApiPropertyOptional({
    ...bounds(LIMITS.maxWindows),
    description: 'With explain: windows, at most, the highest scores first; not_explained counts the others',
  })
  @Omissible()
  @IsInt()
  @Min(LIMITS.maxWindows.least)
  @Max(LIMITS.maxWindows.most)
  max_explained?: number;

  @ApiPropertyOptional({
    enum: ['all', 'flagged'],
    default: 'all',
    description: 'flagged: windows holds those above the threshold only',
  })
  @Omissible()
  @IsIn(['all', 'flagged'])
  windows?: 'all' | 'flagged';

  @ApiPropertyOptional({
    default: false,
    description: 'Adds heat_map: the highest scores by device and time',
  })
  @Omissible()
  @IsBoolean()
  heat_map?: boolean;
}

/** As many columns as a screen shows. */
const PICTURE = { maxColumns: 350, maxDevices: 1000 };

/** What of a report was asked for: of a thousand devices not every window needs to travel. */
export function predictAnswer(report: ScoreReport, body: PredictRequestDto): object {
  const { windows } = report;
  return {
    ...report,
    ...(body.heat_map === true ? { heat_map: heatMap(report, PICTURE) } : {}),
    windows: body.windows === 'flagged' ? windows.filter((window) => window.is_anomaly) : windows,
  };
}

/** null: the scores alone are asked for. */
export function explanationRequest(body: PredictRequestDto): ExplanationRequest | null {
  if (body.explain !== true) return null;
  return {
    top: body.top ?? LIMITS.top.usual,
    lines: body.lines ?? LIMITS.lines.usual,
    maxWindows: body.max_explained ?? LIMITS.maxWindows.usual,
  };
}

const SCORE = '0 to 1, higher = more anomalous';

export class SuggestedValueDto {
  @ApiProperty({ example: 0.12 })
  value: number;

  @ApiProperty({ enum: ['<=', '>=', '='], description: '"=": this code alone' })
  comparison: '<=' | '>=' | '=';

  @ApiProperty({
    type: Number,
    nullable: true,
    example: 0,
    description: 'How far the same holds; null = without end',
  })
  until: number | null;

  @ApiProperty({ example: 0.5512, description: 'Score of the window with this value' })
  score: number;
}

export class FeatureExplanationDto {
  @ApiProperty({ example: 'deauth_ratio' })
  feature: string;

  @ApiProperty({ type: Number, nullable: true, example: 0.93, description: 'As extracted; null = missing' })
  value: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    example: null,
    description: 'What stood in for a missing value',
  })
  imputed_value: number | null;

  @ApiProperty({ example: 0.121, description: 'What it adds to the score' })
  contribution: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    example: -2.4,
    description: 'Shapley value of the path length, in edges; null: the model is no plain forest',
  })
  path_length_contribution: number | null;

  @ApiProperty({
    type: SuggestedValueDto,
    nullable: true,
    description:
      'The nearest value with which the window would not be flagged; null: there is none, or it is unknown',
  })
  nearest_normal: SuggestedValueDto | null;

  @ApiProperty({
    type: SuggestedValueDto,
    nullable: true,
    example: null,
    description: 'Where there is none: the value that lowers the score most',
  })
  best: SuggestedValueDto | null;
}

export class ExplanationDto {
  @ApiProperty({ example: 0.7060175188289837, description: SCORE })
  score: number;

  @ApiProperty({ example: 0.4123, description: 'Score without any evidence' })
  base_score: number;

  @ApiProperty({ type: Number, nullable: true, example: 6.1, description: 'null: no plain forest' })
  path_length: number | null;

  @ApiProperty({ type: Number, nullable: true, example: 11.3, description: 'null: no plain forest' })
  expected_path_length: number | null;

  @ApiProperty({
    type: [FeatureExplanationDto],
    description: 'base_score + contributions + other_contribution = score',
  })
  top: FeatureExplanationDto[];

  @ApiProperty({ example: 0.02, description: 'All features that are not in top' })
  other_contribution: number;
}

export class WindowLineDto {
  @ApiProperty({ format: 'date-time', example: '2025-06-03T10:05:01Z' })
  timestamp: string;

  @ApiPropertyOptional({ example: '1', description: 'Only in a window of all devices together' })
  device?: string;

  @ApiProperty({ type: String, nullable: true, example: 'hostapd' })
  program: string | null;

  @ApiProperty({ example: 'phy0-ap0: AP-STA-DISCONNECTED 02:00:00:aa:bb:01' })
  message: string;

  @ApiPropertyOptional({ example: true, description: 'The message is longer: this is its beginning' })
  truncated?: boolean;
}

export class ScoredWindowDto {
  @ApiPropertyOptional({ example: 1, description: 'Only of a feature table' })
  row?: number;

  @ApiProperty({ example: '1' })
  device: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2025-06-03T10:05:00Z' })
  start: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2025-06-03T10:10:00Z' })
  end: string | null;

  @ApiProperty({ example: 0.7060175188289837, description: SCORE })
  score: number;

  @ApiProperty({ example: true })
  is_anomaly: boolean;

  @ApiProperty({ example: 0.82 })
  confidence: number;

  @ApiProperty({ type: 'integer', nullable: true, example: 340 })
  log_count: number | null;

  @ApiPropertyOptional({ type: ExplanationDto, description: 'With explain, of flagged windows' })
  explanation?: ExplanationDto;

  @ApiPropertyOptional({ type: [WindowLineDto], description: 'With explain: the first lines in time order' })
  lines?: WindowLineDto[];

  @ApiPropertyOptional({ type: 'integer', example: 340, description: 'All lines of the window' })
  line_count?: number;
}

export class DeviceSummaryDto {
  @ApiProperty({ example: '1' })
  device: string;

  @ApiProperty({ type: 'integer', example: 4030 })
  windows: number;

  @ApiProperty({ type: 'integer', example: 106 })
  anomalies: number;

  @ApiProperty({ example: 0.7060175188289837 })
  max_score: number;
}

export class HeatMapRowDto {
  @ApiProperty({ example: '1' })
  device: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'integer', nullable: true },
    description: 'By column, the highest score in thousandths; null = no window',
  })
  scores: (number | null)[];
}

export class HeatMapDto {
  @ApiProperty({ type: 'integer', example: 900, description: 'Time of a column' })
  bucket_seconds: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Start of the first column',
  })
  start: string | null;

  @ApiProperty({ type: 'integer', example: 288, description: 'At most 350, but for more than six years' })
  columns: number;

  @ApiProperty({ type: [HeatMapRowDto], description: 'Most flagged windows first, at most 1000' })
  rows: HeatMapRowDto[];

  @ApiProperty({ type: 'integer', example: 0, description: 'Devices that are not in rows' })
  other_devices: number;
}

export class PredictResponseDto {
  @ApiProperty({ example: '20240101_120000' })
  version: string;

  @ApiProperty({ example: 0.57, description: 'A window is flagged when its score is above this' })
  threshold: number;

  @ApiProperty({ type: 'integer', example: 16_120 })
  window_count: number;

  @ApiProperty({ type: 'integer', example: 159 })
  anomaly_count: number;

  @ApiPropertyOptional({
    type: 'integer',
    example: 159,
    description: 'With explain: windows that were explained',
  })
  explained?: number;

  @ApiPropertyOptional({
    type: 'integer',
    example: 0,
    description: 'With explain: flagged windows beyond the limit',
  })
  not_explained?: number;

  @ApiProperty({ type: [DeviceSummaryDto] })
  devices: DeviceSummaryDto[];

  @ApiProperty({ type: [ScoredWindowDto] })
  windows: ScoredWindowDto[];

  @ApiPropertyOptional({ type: HeatMapDto, description: 'With heat_map' })
  heat_map?: HeatMapDto;

  @ApiPropertyOptional({ type: [String], description: 'Only of a feature table' })
  warnings?: string[];
}
