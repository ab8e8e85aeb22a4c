import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { AppError } from '../../../shared/errors.js';
import { SERVER_ENVIRONMENT } from './account.js';
import type { ClusterLocation } from './cluster-location.js';
import { HOST } from './connection-file.js';
import type { NativeBinaries } from './native-binaries.js';
import { waitForExit } from './process-info.js';
import { disownStalePidFile, waitForServer, type Postmaster } from './postmaster.js';

/** Generous, because recovery after a crash replays everything since the last checkpoint before it lets anybody in. */
const START_TIMEOUT_MS = 120_000;
const STRANGER_TIMEOUT_MS = 5_000;
const ATTEMPTS = 40;
const RETRY_MS = 500;
const LOG_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Sized for a small machine. Statements and row contents stay out of the log, they may hold addresses of devices.
 * No parallel workers: they need shared memory that small containers do not have.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  log_checkpoints: 'off',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

export interface StartRequest {
  readonly dataDir: string;
  readonly location: ClusterLocation;
  readonly binaries: NativeBinaries;
  readonly password: string;
  /** The port it had last time: kept when it is free, so pools of running processes find the server again. */
  readonly preferredPort: number | undefined;
  readonly applicationName: string;
}

export interface StartedServer extends Postmaster {
  readonly client: pg.Client;
}

/**
 * Starts the server on the cluster and resolves once it accepts connections. It runs in a session of its own: neither
 * a Ctrl-C in our terminal nor our death ends it.
 * @throws AppError `unavailable` with the last lines of the server's log
 */
export async function startPostmaster(request: StartRequest): Promise<StartedServer> {
  const logFile = join(request.dataDir, 'postgres.log');
  let preferred = request.preferredPort;
  let output = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await disownStalePidFile(request.location);
    const port = await freePort(preferred);
    const logStart = openLogAt(logFile);
    const started = await launch(request, port, logFile);
    if (started !== undefined) return started;
    output = readFileSync(logFile, 'utf8').slice(logStart);
    // Somebody was faster and has the port now; or backends of a killed server have not noticed its death yet.
    if (output.includes('could not bind')) preferred = undefined;
    else if (!output.includes('pre-existing shared memory block')) break;
    await sleep(RETRY_MS);
  }
  const lines = output.trim().split('\n').slice(-8);
  throw new AppError('unavailable', `The embedded database does not start:\n${lines.join('\n')}`, {
    hint: `The whole log is ${logFile}. To use a PostgreSQL of your own, set DATABASE_URL.`,
    details: { log: lines },
  });
}

/** Undefined when the server's process ended before it accepted a connection. */
async function launch(
  request: StartRequest,
  port: number,
  logFile: string,
): Promise<StartedServer | undefined> {
  const { location, binaries, password } = request;
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(binaries.postgres, ['-D', location.dir, '-p', String(port), ...settings], {
    ...location.account,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const failed = new Promise<undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      resolve(undefined);
    });
  });
  const { pid } = child;
  if (pid === undefined) return failed;
  child.unref();
  const server = { pid, port, password, dir: location.dir };
  const answered = waitForServer(server, request.applicationName, START_TIMEOUT_MS).catch(
    async (error: unknown) => {
      // A stranger answered on that port: then our server could not have it and is about to end.
      if (await waitForExit(pid, STRANGER_TIMEOUT_MS)) return undefined;
      throw error;
    },
  );
  const client = await Promise.race([failed, answered]);
  return client === undefined ? undefined : { pid, port, client };
}

/** Keeps one old log at most. Returns where the next start's lines will begin. */
function openLogAt(logFile: string): number {
  if (!existsSync(logFile)) return 0;
  const { size } = statSync(logFile);
  if (size <= LOG_BYTES_MAX) return size;
  renameSync(logFile, `${logFile}.1`);
  return 0;
}

/** The preferred port when nobody listens there, else one the system picks. */
async function freePort(preferred: number | undefined): Promise<number> {
  return (preferred === undefined ? undefined : await tryListen(preferred)) ?? (await tryListen(0)) ?? 0;
}

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(undefined);
    });
    probe.listen(port, HOST, () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : undefined);
      });
    });
  });
}
