import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';
import { racePromotions } from '../../support/promotion-race.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

// The same with 1,000 promotions: test/bench/promotion-race.ts (docs/operations.md has its figures).
let database: MigratedDatabase;

beforeAll(async () => {
  database = await createMigratedDatabase('promotion race');
});
afterAll(() => database.drop());

it('two replicas that race leave a linear history with one champion, which readers get', async () => {
  const report = await racePromotions({
    url: database.url,
    dataSource: database.dataSource,
    directory: temporaryDirectory('promotion-race'),
    replicas: 2,
    attempts: 15,
  });
  expect(report.violations).toEqual([]);
  expect(report.won + report.lost).toBe(30);
  expect(report.won).toBeGreaterThanOrEqual(15);
}, 120_000);
