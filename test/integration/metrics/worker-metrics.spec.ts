import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProbeServer, type ProbeServer } from '../../../src/platform/health/probe-server.js';
import { Observations } from '../../../src/platform/metrics/observations.js';
import { WorkerMetrics } from '../../../src/platform/metrics/worker-metrics.js';
import { ApiKeysService } from '../../../src/platform/security/api-keys.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

describe('the metrics of a worker', () => {
  const directory = temporaryDirectory('worker-metrics');
  let application: TestApplication;
  let probes: ProbeServer;
  let keys: ApiKeysService;

  beforeAll(async () => {
    application = await startApplication('worker_metrics', directory);
    keys = application.app.get(ApiKeysService);
    const metrics = new WorkerMetrics(application.config, new Observations(), keys);
    const answers = { notReady: () => null, metrics: () => metrics.answer.bind(metrics) };
    probes = await startProbeServer({ host: '127.0.0.1', port: 0, ...answers });
  });
  afterAll(async () => {
    await probes.close();
    await application.close();
  });

  const get = (headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${probes.port}/metrics`, { headers });

  it('are open to this machine until there is a key, and then need one with the scope read', async () => {
    expect((await get()).status).toBe(200);
    const { key } = await keys.create({ name: 'scrape', scopes: ['read'], expiresAt: null, actor: 'test' });
    expect((await get()).status).toBe(401);
    expect((await get({ authorization: 'Bearer mcpt_wrong_wrong' })).status).toBe(401);
    const answer = await get({ authorization: `Bearer ${key}` });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('mcp_training_train_runs_total{outcome="completed"} 0');
    // The probes stay open.
    expect((await fetch(`http://127.0.0.1:${probes.port}/health/live`)).status).toBe(200);
  });
});
