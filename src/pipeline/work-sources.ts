import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricSamples, type MetricSource, type Sample } from '../platform/metrics/metric-samples.js';
import { ChampionsService } from '../registry/champions.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { RUN_STATUSES } from '../training/core/run-status.js';
import { RunStatisticsService } from '../training/run-statistics.service.js';
import { TrainingQueueService } from './training-queue.service.js';

/** One series a model name: more names than anybody has, fewer than would hurt. */
const MAX_CHAMPIONS = 100;

/** What the database says about trainings, the queue and the models. */
@Injectable()
export class WorkSources implements OnModuleInit {
  constructor(
    private readonly samples: MetricSamples,
    private readonly runs: RunStatisticsService,
    private readonly queue: TrainingQueueService,
    private readonly registry: ModelRegistryService,
    private readonly champions: ChampionsService,
  ) {}

  onModuleInit(): void {
    for (const source of [this.trainings(), this.jobs(), this.models()]) this.samples.add(source);
  }

  private trainings(): MetricSource {
    return {
      name: 'trainings',
      metrics: ['train_jobs', 'train_leases_expired', 'queue_oldest_age_seconds'],
      collect: async () => {
        const { byStatus, oldestQueuedSeconds, expiredLeases } = await this.runs.read();
        return [
          ...RUN_STATUSES.map((state): Sample => ({
            metric: 'train_jobs',
            labels: { state },
            value: byStatus[state] ?? 0,
          })),
          { metric: 'train_leases_expired', value: expiredLeases },
          { metric: 'queue_oldest_age_seconds', value: oldestQueuedSeconds },
        ];
      },
    };
  }

  private jobs(): MetricSource {
    return {
      name: 'queue',
      metrics: ['queue_jobs'],
      collect: async () =>
        Object.entries(await this.queue.counts()).map(([state, value]) => ({
          metric: 'queue_jobs',
          labels: { state },
          value: value as number,
        })),
    };
  }

  private models(): MetricSource {
    return {
      name: 'models',
      metrics: ['model_champion_info', 'model_versions'],
      collect: async () => {
        const [champions, versions] = await Promise.all([
          this.champions.list(MAX_CHAMPIONS),
          this.registry.countByStatus(),
        ]);
        return [
          ...champions.map(({ modelName: model, version }): Sample => ({
            metric: 'model_champion_info',
            labels: { model, version },
            value: 1,
          })),
          ...Object.entries(versions).map(([status, value]): Sample => ({
            metric: 'model_versions',
            labels: { status },
            value,
          })),
        ];
      },
    };
  }
}
