import { Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';

/** `/metrics` with the process metrics of prom-client. */
@Module({ imports: [PrometheusModule.register({ path: '/metrics' })] })
export class MetricsModule {}
