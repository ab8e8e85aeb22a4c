import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client';
import { APP_VERSION } from '../app-version.js';
import { APP_CONFIG } from '../config/app-config.js';
import type { ResolvedConfig } from '../config/load-config.js';
import { METRIC_PREFIX, METRICS, type MetricOf, type MetricSpec } from './metric-catalogue.js';
import { Observations, type Observation } from './observations.js';

export type Labels = Readonly<Record<string, string>>;

/** prom-client calls these gauges "total", which the convention keeps for counters. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
];

/** How a run can end here, as RunExecutorService says it. */
const OUTCOMES = ['completed', 'rejected', 'failed', 'cancelled', 'requeued', 'lost'];

/** The metrics of the process: made once, written by the functions here only. */
@Injectable()
export class ServiceMetrics implements OnApplicationShutdown {
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly histograms = new Map<string, Histogram>();
  private readonly stopListening: () => void;
  /** monitoring.enable_monitoring */
  readonly enabled: boolean;

  constructor(@Inject(APP_CONFIG) { values }: ResolvedConfig, observations: Observations) {
    const { monitoring, service } = values;
    this.enabled = monitoring.enable_monitoring;
    // The registry is one of the process, which may hold several applications one after the other (tests).
    register.clear();
    for (const [name, spec] of Object.entries(METRICS)) this.make(name, spec);
    if (this.enabled && monitoring.resource_monitoring) collectProcessMetrics();
    // A series that begins at 1 shows no increase: those whose labels are known begin at 0.
    for (const outcome of OUTCOMES) this.count('train_runs_total', 0, { outcome });
    for (const outcome of ['logged', 'failed']) this.count('train_runs_tracked_total', 0, { outcome });
    for (const result of ['valid', 'invalid']) this.count('export_records_total', 0, { result });
    this.set('build_info', 1, { version: APP_VERSION, node: process.version, service: service.name });
    this.stopListening = this.enabled
      ? observations.listen((seen) => {
          this.observed(seen);
        })
      : () => undefined;
  }

  onApplicationShutdown(): void {
    this.stopListening();
  }

  count(name: MetricOf<'counter'>, amount: number, labels: Labels = {}): void {
    this.counters.get(name)!.inc(labels, amount);
  }

  /** What somebody else has counted so far. */
  total(name: MetricOf<'counter'>, value: number): void {
    const counter = this.counters.get(name)!;
    counter.reset();
    counter.inc(value);
  }

  set(name: MetricOf<'gauge'>, value: number, labels: Labels = {}): void {
    this.gauges.get(name)!.set(labels, value);
  }

  add(name: MetricOf<'gauge'>, amount: number): void {
    this.gauges.get(name)!.inc(amount);
  }

  time(name: MetricOf<'histogram'>, seconds: number, labels: Labels = {}): void {
    this.histograms.get(name)!.observe(labels, seconds);
  }

  /** Leaves the metric without any value. */
  clear(name: MetricOf<'gauge'>): void {
    const gauge = this.gauges.get(name)!;
    gauge.reset();
    // Without labels, prom-client's reset writes a 0 that nobody measured.
    if (METRICS[name].labels.length === 0) gauge.remove();
  }

  private make(name: string, { type, help, labels, buckets }: MetricSpec): void {
    const options = { name: METRIC_PREFIX + name, help, labelNames: [...labels] };
    if (type === 'counter') this.counters.set(name, new Counter(options));
    else if (type === 'gauge') this.gauges.set(name, new Gauge(options));
    else this.histograms.set(name, new Histogram({ ...options, buckets: [...(buckets ?? [])] }));
  }

  private observed(seen: Observation): void {
    switch (seen.kind) {
      case 'run_step':
        this.time('train_step_duration_seconds', seen.seconds, { step: seen.step });
        break;
      case 'run_ended':
        this.count('train_runs_total', 1, { outcome: seen.outcome });
        this.time('train_run_duration_seconds', seen.seconds, { outcome: seen.outcome });
        break;
      case 'tracked':
        this.count('train_runs_tracked_total', 1, { outcome: seen.outcome });
        break;
      case 'scored':
        this.count('scored_rows_total', seen.rows);
        this.count('scored_anomalies_total', seen.anomalies);
        this.time('score_duration_seconds', seen.seconds);
        break;
      case 'export_stored':
        this.count('export_stored_files_total', 1, { source: seen.source });
        this.count('export_stored_bytes_total', seen.bytes, { source: seen.source });
        break;
      case 'export_read':
        this.count('export_read_bytes_total', seen.bytes);
        this.count('export_records_total', seen.valid, { result: 'valid' });
        this.count('export_records_total', seen.invalid, { result: 'invalid' });
        break;
    }
  }
}

function collectProcessMetrics(): void {
  collectDefaultMetrics();
  for (const name of MISNAMED) register.removeSingleMetric(name);
}
