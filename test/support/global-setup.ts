import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { chmodSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgresHandle,
} from '../../src/platform/database/embedded/embedded-postgres.js';
import { buildStale } from './build-stale.js';

let server: EmbeddedPostgresHandle | undefined;
let dataDir = '';

/** Before all tests that need processes or a database: an up-to-date `dist`, and one PostgreSQL for all of them. */
export async function setup(): Promise<void> {
  await buildStale();
  if (process.env['DATABASE_URL'] !== undefined) {
    process.env['MCP_TRAINING_TEST_DATABASE_URL'] = process.env['DATABASE_URL'];
    return;
  }
  dataDir = mkdtempSync(join(tmpdir(), 'mcp-training-test-'));
  // Passable for uid 65534: then nothing is written outside of this directory, also as root.
  chmodSync(dataDir, statSync(dataDir).mode | 0o011);
  server = await startEmbeddedPostgres({ dataDir, idleSeconds: 30 });
  process.env['MCP_TRAINING_TEST_DATABASE_URL'] = server.url;
}

/** Leaves no process and no file behind. */
export async function teardown(): Promise<void> {
  await server?.release({ stopIfLast: true });
  if (existsSync(dataDir)) rmSync(dataDir, { recursive: true, force: true });
}
