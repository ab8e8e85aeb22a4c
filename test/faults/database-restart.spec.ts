import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeSampleExport } from '../e2e/sample-exports.js';
import { Service } from '../e2e/service.js';
import { createPrivatePostgres, type PrivatePostgres } from '../integration/queue/private-postgres.js';
import { CliSandbox } from '../support/cli.js';
import { eventually, queryOnce } from '../support/embedded-sandbox.js';
import { verifyInvariants } from './verify-invariants.js';

let sandbox: CliSandbox;
let postgres: PrivatePostgres;

beforeAll(async () => {
  postgres = await createPrivatePostgres();
  sandbox = await CliSandbox.create('database-restart');
  await writeSampleExport(join(sandbox.exportsDir, 'long.json'), { entries: 120_000, days: 30, devices: 4 });
});
afterAll(async () => {
  await sandbox.cleanUp();
  await postgres.remove();
});

it('a training goes on while its database is stopped hard and started again, at any of its steps (F7)', async () => {
  const service = await Service.start(sandbox, { env: { DATABASE_URL: postgres.url } });
  const statusOf = async (id: string): Promise<Record<string, unknown>> =>
    (await service.get(`/api/v1/training/status/${id}`)).body;
  for (const from of [10, 50, 85]) {
    const { body } = await service.post<{ training_id: string }>('/api/v1/training/train', {
      export_file: 'long.json',
    });
    const id = body.training_id;
    await eventually(
      `${from} % are reached`,
      60_000,
      async () => Number((await statusOf(id)).progress) >= from,
    );
    await postgres.stop('immediate');
    await postgres.start();
    await eventually('it has ended', 120_000, async () =>
      ['completed', 'rejected', 'failed', 'cancelled'].includes(String((await statusOf(id)).status)),
    );
    expect(await statusOf(id)).toMatchObject({ status: 'completed', lost_workers: 0 });
  }
  await service.stop();
  const { modelsDir } = sandbox;
  expect(await verifyInvariants({ databaseUrl: postgres.url, modelsDir, settled: true })).toEqual([]);
  const hashes = await queryOnce(
    postgres.url,
    `SELECT DISTINCT artifacts->>'model.joblib' FROM model_versions`,
  );
  expect(hashes).toHaveLength(1);
});
