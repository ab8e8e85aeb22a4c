import { Injectable } from '@nestjs/common';
import type { MetricOf } from './metric-catalogue.js';
import { ServiceMetrics, type Labels } from './service-metrics.js';

export interface Sample {
  readonly metric: MetricOf<'gauge'>;
  readonly labels?: Labels;
  readonly value: number;
}

/** Values that somebody has to look up when a scrape asks for them. */
export interface MetricSource {
  readonly name: string;
  /** Everything it may give: what it does not give is gone. */
  readonly metrics: readonly MetricOf<'gauge'>[];
  collect(): Promise<readonly Sample[]>;
}

const TIMEOUT_MS = 2_000;
/** Several scrapers, or a page that asks often, look things up no more often than that. */
const KEPT_MS = 2_000;

/**
 * Looks values up for a scrape. A source that fails or takes too long loses its values and is named in
 * `collector_success`; the scrape itself always answers.
 */
@Injectable()
export class MetricSamples {
  private readonly sources: MetricSource[] = [];
  private running: Promise<void> | undefined;
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly metrics: ServiceMetrics) {}

  add(source: MetricSource): void {
    this.sources.push(source);
  }

  /** The next scrape looks everything up again. */
  forget(): void {
    this.lastMs = Number.NEGATIVE_INFINITY;
  }

  async refresh(): Promise<void> {
    if (performance.now() - this.lastMs < KEPT_MS) return;
    this.running ??= this.collectAll().finally(() => {
      this.running = undefined;
      this.lastMs = performance.now();
    });
    await this.running;
  }

  private async collectAll(): Promise<void> {
    await Promise.all(this.sources.map((source) => this.collectOne(source)));
  }

  private async collectOne(source: MetricSource): Promise<void> {
    const samples = await inTime(source).catch(() => null);
    for (const metric of source.metrics) this.metrics.clear(metric);
    for (const { metric, labels, value } of samples ?? []) this.metrics.set(metric, value, labels);
    this.metrics.set('collector_success', samples === null ? 0 : 1, { collector: source.name });
  }
}

async function inTime(source: MetricSource): Promise<readonly Sample[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${source.name} took longer than ${TIMEOUT_MS} ms`));
    }, TIMEOUT_MS);
  });
  try {
    return await Promise.race([source.collect(), late]);
  } finally {
    clearTimeout(timer);
  }
}
