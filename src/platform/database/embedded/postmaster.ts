import { readFileSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { AppError } from '../../../shared/errors.js';
import type { ClusterLocation } from './cluster-location.js';
import { HOST, ROLE } from './connection-file.js';
import { commandLine, isAlive, waitForExit } from './process-info.js';

/** What the server wrote about itself into `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const POLL_MS = 50;
const STOP_TIMEOUT_MS = 60_000;

const pidFile = (dir: string): string => join(dir, 'postmaster.pid');

/**
 * The server that runs on this cluster, or undefined. The process id alone proves nothing: after a reboot or a crash
 * it may belong to anybody, so the process must also be one that was started as `postgres -D <dir>`.
 */
export function findPostmaster(dir: string): Postmaster | undefined {
  const found = readPidFile(dir);
  return found !== undefined && isAlive(found.pid) && commandLine(found.pid).includes(`-D ${dir} `)
    ? found
    : undefined;
}

function readPidFile(dir: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(pidFile(dir), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  // Line 1 is the process id, line 4 the port (PostgreSQL, src/include/utils/pidfile.h).
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3]) } : undefined;
}

/**
 * PostgreSQL refuses to start while the process id of an old `postmaster.pid` is in use by anybody. When it is in use
 * by a stranger, the line is replaced by our id, which PostgreSQL ignores as that of its parent. The file stays: its
 * last lines let PostgreSQL see whether a backend of the dead server still writes to the cluster.
 */
export async function disownStalePidFile({ dir }: ClusterLocation): Promise<void> {
  const found = readPidFile(dir);
  if (found === undefined || !isAlive(found.pid)) return;
  const lines = readFileSync(pidFile(dir), 'utf8').split('\n');
  await writeFile(pidFile(dir), [String(process.pid), ...lines.slice(1)].join('\n'));
}

/**
 * Connects to the server of this cluster and proves that it is that one. Resolves with undefined while the server is
 * still starting, recovering, or on its way down.
 * @throws AppError `unavailable` when something else answers, or the password is not the server's
 */
export async function connectToCluster(
  server: { readonly port: number; readonly password: string; readonly dir: string },
  applicationName: string,
): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    ...{ host: HOST, port: server.port, user: ROLE, password: server.password, database: 'postgres' },
    ...{ application_name: applicationName, keepAlive: true },
    ...{ connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: CONNECT_TIMEOUT_MS },
  });
  // Without a listener, a server that goes away would end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    const found = rows[0]?.data_directory ?? '';
    if (realpath(found) === realpath(server.dir)) return client;
    throw new AppError('unavailable', `Port ${server.port} is served by another PostgreSQL, of ${found}.`);
  } catch (error) {
    await client.end().catch(() => undefined);
    if (!(error instanceof AppError) && !isRefusedLogin(error)) return undefined;
    throw error instanceof AppError ? error : wrongPassword(server.dir, error);
  }
}

function realpath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** SQLSTATE class 28: invalid authorization. */
function isRefusedLogin(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('28');
}

function wrongPassword(dir: string, cause: unknown): AppError {
  return new AppError('unavailable', `The embedded database in ${dir} refuses the recorded password.`, {
    cause,
    hint: 'Restore postgres.json and the cluster from the same backup.',
  });
}

/** Polls until the server accepts connections, undefined when its process ends first or `timeoutMs` passes. */
export async function waitForServer(
  server: Postmaster & { readonly password: string; readonly dir: string },
  applicationName: string,
  timeoutMs: number,
): Promise<pg.Client | undefined> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && isAlive(server.pid) && commandLine(server.pid) !== '') {
    const client = await connectToCluster(server, applicationName);
    if (client !== undefined) return client;
    await sleep(POLL_MS);
  }
  return undefined;
}

/**
 * PostgreSQL's "fast" shutdown: open transactions are rolled back, sessions end, a checkpoint is written.
 * @throws AppError `unavailable` when the server is still there after a minute
 */
export async function stopPostmaster({ pid }: Postmaster): Promise<void> {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw error;
  }
  if (await waitForExit(pid, STOP_TIMEOUT_MS)) return;
  throw new AppError('unavailable', `The embedded database (process ${pid}) does not stop.`);
}
