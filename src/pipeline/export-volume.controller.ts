import { Controller, Get, Inject, Param, ParseUUIDPipe } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ExportsService, type ReferencedExport } from '../export/exports.service.js';
import { volumeOverTime } from '../features/core/volume-over-time.js';
import { windowConfig } from '../features/core/window-config.js';
import { FeatureExtractionService } from '../features/feature-extraction.service.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Requires } from '../platform/http/requires.js';
import type { IngestTask } from '../workers/ingest-task.js';
import { AnswerCache, fileState } from './answer-cache.js';
import { ingestTask } from './ingest-task.js';

/** As many columns and rows as a picture on a screen can show. */
const LIMITS = { maxBuckets: 400, maxDevices: 1000 };
/** Windows one beside the other: each line counts once. */
const SIDE_BY_SIDE = {
  lengthSeconds: 300,
  strideSeconds: 300,
  contextSeconds: 1800,
  groupBy: 'device',
} as const;

export class DeviceVolumeDto {
  @ApiProperty({ example: '1' })
  device: string;

  @ApiProperty({ type: 'integer', example: 18_731 })
  logs: number;

  @ApiProperty({ type: [Number], description: 'Lines by bucket, from start on' })
  counts: readonly number[];
}

export class ExportVolumeDto {
  @ApiProperty({
    type: 'integer',
    example: 3600,
    description: 'At most 400 buckets: a longer time has wider ones',
  })
  bucket_seconds: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Start of the first bucket',
  })
  start: string | null;

  @ApiProperty({ type: [DeviceVolumeDto], description: 'Most lines first, at most 1000' })
  devices: readonly DeviceVolumeDto[];

  @ApiProperty({ type: 'integer', description: 'Devices that are not in the list' })
  other_devices: number;
}

/** When an export has lines and when it has none. */
@ApiTags('exports')
@Controller('exports')
export class ExportVolumeController {
  constructor(
    private readonly exports: ExportsService,
    private readonly features: FeatureExtractionService,
    private readonly answers: AnswerCache,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  @Get(':export_id/volume')
  @Requires('read')
  @ApiOperation({ operationId: 'getExportVolume', summary: 'Log lines of each device over time' })
  @ApiOkResponse({ type: ExportVolumeDto })
  @ApiProblems(400, 404, 422)
  async volume(@Param('export_id', ParseUUIDPipe) exportId: string): Promise<ExportVolumeDto> {
    const file = await this.exports.resolve({ export_id: exportId });
    return this.answers.get(['volume', fileState(file.path)], () => this.compute(file));
  }

  private async compute(file: ReferencedExport): Promise<ExportVolumeDto> {
    const { training, features } = this.config.values;
    const task: Omit<IngestTask, 'extract'> = {
      ...ingestTask({ files: [file], noFollow: true }, { training, features }),
      featureSet: 'system',
      window: { ...windowConfig(features), ...SIDE_BY_SIDE },
    };
    const { table } = await this.features.extract(task, {});
    const { bucketSeconds, startMs, devices, otherDevices } = volumeOverTime(table, LIMITS);
    return {
      bucket_seconds: bucketSeconds,
      start: startMs === null ? null : new Date(startMs).toISOString(),
      devices,
      other_devices: otherDevices,
    };
  }
}
