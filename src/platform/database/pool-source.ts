import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { MetricSamples, type MetricSource, type Sample } from '../metrics/metric-samples.js';

/** What pg's pool tells about itself. */
interface Pool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** How busy the connections of this process are. */
@Injectable()
export class PoolSource implements MetricSource, OnModuleInit {
  readonly name = 'database_pool';
  readonly metrics = ['database_connections'] as const;

  constructor(
    private readonly samples: MetricSamples,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.samples.add(this);
  }

  collect(): Promise<readonly Sample[]> {
    const { master } = this.dataSource.driver as unknown as { readonly master: Pool };
    const counts = { open: master.totalCount, idle: master.idleCount, waiting: master.waitingCount };
    return Promise.resolve(
      Object.entries(counts).map(([state, value]) => ({
        metric: 'database_connections' as const,
        labels: { state },
        value,
      })),
    );
  }
}
