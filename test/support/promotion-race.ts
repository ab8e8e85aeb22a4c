import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { DataSource } from 'typeorm';
import { symlinkNames } from '../../src/deployment/core/symlink-layout.js';
import { ArtifactStore } from '../../src/registry/artifact-store.js';
import { ModelRegistryService } from '../../src/registry/model-registry.service.js';
import { ModelVersionRepository } from '../../src/registry/model-version.repository.js';
import { buildTrainedModel } from './trained-model.js';

const REPLICA = join(import.meta.dirname, 'promotion-replica.mjs');
const VERSIONS = 5;

interface ReplicaResult {
  readonly won: number;
  readonly lost: number;
  readonly unexpected: readonly string[];
}

export interface RaceOptions {
  readonly url: string;
  readonly dataSource: DataSource;
  /** Empty; models and delivered files go there. */
  readonly directory: string;
  readonly replicas: number;
  /** Of each replica. */
  readonly attempts: number;
}

export interface RaceReport {
  readonly won: number;
  readonly lost: number;
  /** What must not happen, one sentence each. */
  readonly violations: readonly string[];
}

/** Replicas in processes of their own promote versions of one model against each other; then their history is checked. */
export async function racePromotions(options: RaceOptions): Promise<RaceReport> {
  const { url, dataSource, directory, replicas, attempts } = options;
  const modelsDir = join(directory, 'models');
  const dataDir = join(directory, 'data');
  const versions = new ModelVersionRepository(dataSource);
  const registry = new ModelRegistryService(versions, new ArtifactStore(modelsDir));
  const names: string[] = [];
  for (let day = 1; day <= VERSIONS; day++) {
    const actor = { name: 'setup', reason: null };
    const trained = buildTrainedModel({ seed: day });
    const { model } = await registry.register(trained, '%Y%m%d_%H%M%S', Date.UTC(2024, 0, day), actor);
    names.push(model.version);
  }
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: url,
    TRAINING_DATA_DIR: dataDir,
    TRAINING_MODELS_DIR: modelsDir,
    TRAINING_EXPORTS_DIR: join(directory, 'exports'),
    TRAINING_LOGS_DIR: join(directory, 'logs'),
  };
  const results = await Promise.all(
    Array.from({ length: replicas }, async () => {
      const args = [REPLICA, String(attempts), ...names];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: directory, env });
      return JSON.parse(stdout) as ReplicaResult;
    }),
  );
  const won = sum(results, ({ won: count }) => count);
  const lost = sum(results, ({ lost: count }) => count);
  const violations = results.flatMap(({ unexpected }) => unexpected);
  violations.push(...(await historyViolations(dataSource, won)));
  const [{ champion }]: [{ champion: string }] = await dataSource.query(
    `SELECT string_agg(version, ',') AS champion FROM model_versions WHERE status = 'deployed'`,
  );
  const served = basename(readlinkSync(join(dataDir, 'deployed', symlinkNames('wifi', '').active)));
  if (served !== champion) violations.push(`Readers get ${served}, the champion is ${champion}.`);
  return { won, lost, violations };
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** One unbroken chain of events, one for each promotion that was won, and one champion at its end. */
async function historyViolations(dataSource: DataSource, won: number): Promise<string[]> {
  const violations: string[] = [];
  const events: { sequence: string; before: string | null; version: string }[] = await dataSource.query(
    `SELECT sequence, from_state->>'champion' AS before, entity_id AS version
     FROM audit_log WHERE action = 'deploy' ORDER BY sequence`,
  );
  if (events.length !== won) violations.push(`${won} promotions were won, ${events.length} are recorded.`);
  events.forEach(({ sequence, before }, i) => {
    const expected = events.at(i - 1)?.version;
    if (i > 0 && before !== expected) {
      violations.push(`Event ${sequence} follows ${String(before)}, the champion was ${String(expected)}.`);
    }
  });
  const champions: { version: string }[] = await dataSource.query(
    `SELECT version FROM model_versions WHERE status = 'deployed'
     UNION SELECT version FROM model_aliases WHERE alias = 'champion'`,
  );
  const last = events.at(-1)?.version;
  if (champions.length !== 1 || champions[0].version !== last) {
    const found = champions.map(({ version }) => version).join(', ');
    violations.push(`The last event deployed ${String(last)}; champions are: ${found}.`);
  }
  return violations;
}
