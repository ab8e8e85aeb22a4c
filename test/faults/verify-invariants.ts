import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { queryOnce } from '../support/embedded-sandbox.js';

export interface Installation {
  readonly databaseUrl: string;
  readonly modelsDir: string;
  /** Everything is over: no run may be queued or running any more. */
  readonly settled: boolean;
  /** Unfinished files may be that old. */
  readonly graceMs?: number;
}

/** Lease, and one round of the watchdog. */
const LEASE_AND_ROUND_SECONDS = 35;

const QUERIES: Readonly<Record<string, string>> = {
  'I1 more than one champion of a model': `SELECT model_name AS what FROM model_versions WHERE status = 'deployed' GROUP BY model_name HAVING count(*) > 1`,
  'I1 champion alias and status disagree': `SELECT coalesce(a.model_name, v.model_name) AS what
     FROM (SELECT * FROM model_aliases WHERE alias = 'champion') a
     FULL JOIN (SELECT * FROM model_versions WHERE status = 'deployed') v ON v.version = a.version
     WHERE a.version IS NULL OR v.version IS NULL`,
  'I3 running without a living lease': `SELECT id AS what FROM training_runs WHERE status = 'running'
       AND lease_expires_at < now() - make_interval(secs => ${LEASE_AND_ROUND_SECONDS})`,
  'I4 gap in the audit log': `SELECT max(sequence) || ' rows expected, ' || count(*) || ' found' AS what FROM audit_log
     HAVING count(*) > 0 AND (max(sequence) <> count(*) OR min(sequence) <> 1)`,
  'I4 version without exactly one registration in the audit log': `SELECT version AS what FROM model_versions WHERE 1 <> (SELECT count(*) FROM audit_log
       WHERE entity = 'model_version' AND action = 'register' AND entity_id = version)`,
  'I4 gap in the events of a run': `SELECT run_id AS what FROM training_events GROUP BY run_id
     HAVING count(*) <> max(sequence) OR min(sequence) <> 1`,
  'I5 not exactly one terminal event': `SELECT id AS what FROM training_runs WHERE status NOT IN ('queued', 'running') AND 1 <>
       (SELECT count(*) FROM training_events WHERE run_id = training_runs.id AND type IN ('completed', 'rejected', 'failed', 'cancelled'))`,
  'I5 more than one version of a run': `SELECT training_run_id AS what FROM model_versions WHERE training_run_id IN (SELECT id FROM training_runs)
     GROUP BY training_run_id HAVING count(*) > 1`,
  'I5 run and version disagree': `SELECT id AS what FROM training_runs WHERE status IN ('completed', 'rejected')
       AND NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.version = training_runs.version AND v.training_run_id = training_runs.id)`,
};

const UNSETTLED = `SELECT id AS what FROM training_runs WHERE status IN ('queued', 'running')`;

/** What does not hold, one sentence each; empty = all of I1 to I5 and I8 of docs/reliability.md. */
export async function verifyInvariants(installation: Installation): Promise<string[]> {
  const violations: string[] = [];
  const queries = { ...QUERIES, ...(installation.settled ? { 'I5 not over': UNSETTLED } : {}) };
  for (const [name, sql] of Object.entries(queries)) {
    const rows = await queryOnce<{ what: string }>(installation.databaseUrl, sql);
    violations.push(...rows.map(({ what }) => `${name}: ${what}`));
  }
  return [...violations, ...(await files(installation)), ...unfinished(installation)];
}

interface Version {
  readonly version: string;
  readonly artifacts: Readonly<Record<string, string>>;
}

/** I2: rows and directories are the same set, and every file is what was recorded. */
async function files({ databaseUrl, modelsDir }: Installation): Promise<string[]> {
  const rows = await queryOnce<Version & Record<string, unknown>>(
    databaseUrl,
    `SELECT version, artifacts FROM model_versions WHERE status <> 'corrupt' AND deleted_at IS NULL`,
  );
  const known = new Set(rows.map(({ version }) => version));
  const orphans = entries(modelsDir).filter((name) => !name.startsWith('.tmp-') && !known.has(name));
  const damaged = rows.flatMap(({ version, artifacts }) =>
    Object.entries(artifacts)
      .filter(([file, sha256]) => sha256Of(join(modelsDir, version, file)) !== sha256)
      .map(([file]) => `I2 missing or changed: ${version}/${file}`),
  );
  return [...orphans.map((name) => `I2 directory without a row: ${name}`), ...damaged];
}

/** I8: nothing half-written is left. */
function unfinished({ modelsDir, graceMs = 0 }: Installation): string[] {
  return entries(modelsDir)
    .filter((name) => name.startsWith('.tmp-'))
    .filter((name) => Date.now() - statSync(join(modelsDir, name)).mtimeMs >= graceMs)
    .map((name) => `I8 left over: ${name}`);
}

const entries = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : []);

const sha256Of = (file: string): string | null =>
  existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : null;
