import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';

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

/** The models directory is made with the first model; until then its parent tells. */
function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
