import { statfs } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { nearestExisting } from '../nearest-existing.js';

/** Below this a model may not fit any more: the service reports that it is not ready for work. */
const MINIMUM_FREE_BYTES = 64 * 1024 * 1024;

@Injectable()
export class DiskSpaceIndicator {
  constructor(private readonly indicators: HealthIndicatorService) {}

  async check(key: string, directory: string): Promise<HealthIndicatorResult> {
    const { bavail, bsize } = await statfs(nearestExisting(directory));
    const indicator = this.indicators.check(key);
    return bavail * bsize >= MINIMUM_FREE_BYTES ? indicator.up() : indicator.down();
  }
}
