// Replicas race promotions of one model: npx vite-node test/bench/promotion-race.ts [promotions] [replicas]
// Each replica makes so many attempts, so at least that many promotions are won. Exit code 1 when the history is not
// linear, or there is not exactly one champion, or readers get another version.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE_SCHEMA } from '../../src/database-schema.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';
import { runMigrations } from '../../src/platform/database/migrator.js';
import { buildStale } from '../support/build-stale.js';
import { racePromotions } from '../support/promotion-race.js';

const [attempts = '1000', replicas = '2'] = process.argv.slice(2);
await buildStale();
const directory = mkdtempSync(join(tmpdir(), 'promotion-race-'));
chmodSync(directory, 0o755);
const server = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), idleSeconds: 30 });
const dataSource = await createDataSource(server.url, DATABASE_SCHEMA).initialize();
try {
  await runMigrations(dataSource);
  const startMs = performance.now();
  const report = await racePromotions({
    url: server.url,
    dataSource,
    directory,
    replicas: Number(replicas),
    attempts: Number(attempts),
  });
  const seconds = (performance.now() - startMs) / 1000;
  const { won, lost, violations } = report;
  process.stdout.write(`${JSON.stringify({ replicas: Number(replicas), won, lost, seconds, violations })}\n`);
  if (violations.length > 0) process.exitCode = 1;
} finally {
  await dataSource.destroy();
  await server.release({ stopIfLast: true });
  rmSync(directory, { recursive: true, force: true });
}
