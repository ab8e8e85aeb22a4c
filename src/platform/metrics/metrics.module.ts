import { Global, Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { PoolSource } from '../database/pool-source.js';
import { HostSource } from './host-source.js';
import { MetricSamples } from './metric-samples.js';
import { MetricsController } from './metrics.controller.js';
import { ServiceMetrics } from './service-metrics.js';

const METRICS_PROVIDERS = [ServiceMetrics, MetricSamples];

/** Apart from the endpoint, so that a stage may say what it has without knowing who asks. */
@Global()
@Module({ providers: [...METRICS_PROVIDERS, HostSource, PoolSource], exports: METRICS_PROVIDERS })
class MetricsRegistryModule {}

/** `/metrics`. The process metrics are started by ServiceMetrics, which knows the configuration. */
@Module({
  imports: [
    MetricsRegistryModule,
    PrometheusModule.register({
      path: '/metrics',
      controller: MetricsController,
      defaultMetrics: { enabled: false },
    }),
  ],
})
export class MetricsModule {}
