import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { codeDefaults } from '../../../src/platform/config/resolve-layers.js';
import type { ResolvedConfig } from '../../../src/platform/config/load-config.js';
import { MetricSamples, type MetricSource } from '../../../src/platform/metrics/metric-samples.js';
import { Observations } from '../../../src/platform/metrics/observations.js';
import { ServiceMetrics } from '../../../src/platform/metrics/service-metrics.js';

function fresh(): { samples: MetricSamples; text: () => Promise<string[]> } {
  const config = { values: codeDefaults().values } as ResolvedConfig;
  const samples = new MetricSamples(new ServiceMetrics(config, new Observations()));
  const text = async (): Promise<string[]> =>
    (await register.metrics()).split('\n').filter((line) => /^mcp_training_(queue|train_j|coll)/.test(line));
  return { samples, text };
}

const source = (collect: MetricSource['collect']): MetricSource => ({
  name: 'queue',
  metrics: ['queue_jobs', 'queue_oldest_age_seconds'],
  collect,
});

describe('values that are looked up for a scrape', () => {
  it('are left out, not repeated, when they cannot be read; the others stay', async () => {
    const { samples, text } = fresh();
    samples.add({
      name: 'runs',
      metrics: ['train_jobs'],
      collect: () => Promise.resolve([{ metric: 'train_jobs', labels: { state: 'queued' }, value: 3 }]),
    });
    let fails = false;
    samples.add(
      source(() =>
        fails
          ? Promise.reject(new Error('the database is away'))
          : Promise.resolve([
              { metric: 'queue_jobs', labels: { state: 'waiting' }, value: 2 },
              { metric: 'queue_oldest_age_seconds', value: 7 },
            ]),
      ),
    );
    await samples.refresh();
    expect((await text()).sort()).toEqual([
      'mcp_training_collector_success{collector="queue"} 1',
      'mcp_training_collector_success{collector="runs"} 1',
      'mcp_training_queue_jobs{state="waiting"} 2',
      'mcp_training_queue_oldest_age_seconds 7',
      'mcp_training_train_jobs{state="queued"} 3',
    ]);
    fails = true;
    samples.forget();
    await samples.refresh();
    expect((await text()).sort()).toEqual([
      'mcp_training_collector_success{collector="queue"} 0',
      'mcp_training_collector_success{collector="runs"} 1',
      'mcp_training_train_jobs{state="queued"} 3',
    ]);
  });

  it('hold up a scrape for two seconds at most', async () => {
    const { samples, text } = fresh();
    samples.add(source(() => new Promise(() => undefined)));
    const begun = performance.now();
    await samples.refresh();
    expect(performance.now() - begun).toBeLessThan(4000);
    expect(await text()).toEqual(['mcp_training_collector_success{collector="queue"} 0']);
  });

  it('are looked up once for scrapes that come together', async () => {
    const { samples } = fresh();
    let asked = 0;
    samples.add(source(() => Promise.resolve((asked++, []))));
    await Promise.all([samples.refresh(), samples.refresh(), samples.refresh()]);
    await samples.refresh();
    expect(asked).toBe(1);
  });
});
