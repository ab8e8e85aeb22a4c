import { statfs } from 'node:fs/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { APP_CONFIG } from '../config/app-config.js';
import type { ResolvedConfig } from '../config/load-config.js';
import { nearestExisting } from '../nearest-existing.js';
import { MetricSamples, type MetricSource, type Sample } from './metric-samples.js';

/** What this process has of its surroundings: free disk space. */
@Injectable()
export class HostSource implements MetricSource, OnModuleInit {
  readonly name = 'disk';
  readonly metrics = ['disk_free_bytes'] as const;

  constructor(
    private readonly samples: MetricSamples,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  onModuleInit(): void {
    this.samples.add(this);
  }

  async collect(): Promise<readonly Sample[]> {
    const { modelsDir, exportsDir, dataDir } = this.config.paths;
    const directories = { models: modelsDir, exports: exportsDir, data: dataDir };
    return Promise.all(
      Object.entries(directories).map(async ([directory, path]) => {
        const { bavail, bsize } = await statfs(nearestExisting(path));
        return { metric: 'disk_free_bytes' as const, labels: { directory }, value: bavail * bsize };
      }),
    );
  }
}
