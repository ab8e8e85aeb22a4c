import type { ChildProcess } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { AppError } from '../../../shared/errors.js';
import { locateCluster } from './cluster-location.js';
import { countOtherClients, ensureDatabase, watchdogPids } from './cluster-sessions.js';
import {
  DATABASE,
  HOST,
  ROLE,
  connectionUrl,
  readConnectionFile,
  writeConnectionFile,
} from './connection-file.js';
import type { ConnectionFile } from './connection-file.js';
import { clusterExists, initialiseCluster, readPassword } from './initialise-cluster.js';
import { prepareBinaries } from './native-binaries.js';
import { findPostmaster, stopPostmaster, waitForServer } from './postmaster.js';
import { withStartLock } from './start-lock.js';
import { startPostmaster, type StartedServer } from './start-postmaster.js';
import { endWatchdogs, spawnWatchdog } from './watchdog-process.js';

const LEASE = 'mcp-training lease';
const LOCK_TIMEOUT_MS = 300_000;
const ADOPT_TIMEOUT_MS = 120_000;
const LAST_CLIENT_TIMEOUT_MS = 2_000;
/** A connected watchdog ends by itself when the server goes; this is for one that hangs or has not connected yet. */
const WATCHDOG_GRACE_MS = 1_000;
const RECOVERY_DELAYS_MS = [200, 1_000, 5_000, 15_000] as const;

export interface EmbeddedPostgresOptions {
  /** TRAINING_DATA_DIR as an absolute path; made when missing. */
  readonly dataDir: string;
  /** How long the server stays after its last client, default 60. The first process to start it decides. */
  readonly idleSeconds?: number;
  readonly log?: (line: string) => void;
}

export interface EmbeddedPostgresHandle {
  readonly url: string;
  readonly port: number;
  /**
   * Says that this process needs the server no longer; close your own connections first. The watchdog stops the server
   * later, or with `stopIfLast` it stops now, together with the watchdog, unless somebody else is connected.
   */
  release(options?: { readonly stopIfLast?: boolean }): Promise<void>;
}

/** pg has these; its type declarations do not. */
interface RefClient extends pg.Client {
  ref(): void;
  unref(): void;
}

interface Running {
  readonly connection: ConnectionFile;
  /** An open session. It is the lease: while it exists the server has a client, and it ends when we are killed. */
  readonly client: pg.Client;
  readonly watchdog: ChildProcess | undefined;
}

/**
 * The PostgreSQL of a data directory: adopted when it runs, started when it does not, created when there is none. Any
 * number of processes share it. It survives each of them, and it is started again if it dies while this one lives.
 * @throws AppError `unavailable` when this platform has no binaries or the server does not start
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgresHandle> {
  await mkdir(options.dataDir, { recursive: true });
  const request = {
    dataDir: realpathSync(options.dataDir),
    idleSeconds: options.idleSeconds ?? 60,
    log: options.log ?? ((): void => undefined),
  };
  return new SharedServer(request, await ensureRunning(request));
}

async function ensureRunning(request: Required<EmbeddedPostgresOptions>): Promise<Running> {
  const { dataDir, idleSeconds, log } = request;
  return withStartLock(dataDir, LOCK_TIMEOUT_MS, async () => {
    const location = await locateCluster(dataDir);
    const { port, pid, client } = (await adopt(location.dir)) ?? (await start(request, location));
    const connection = {
      ...{ host: HOST, port, user: ROLE, database: DATABASE },
      ...{ password: readPassword(location.dir), dir: location.dir, pid },
    };
    const recorded = readConnectionFile(dataDir);
    if (recorded?.pid !== pid || recorded.port !== port) await writeConnectionFile(dataDir, connection);
    await ensureDatabase(client);
    const watched = (await watchdogPids(client)).length > 0;
    const watchdog = watched ? undefined : spawnWatchdog(dataDir, idleSeconds);
    log(`Embedded PostgreSQL on ${HOST}:${port} (process ${pid}, ${location.dir})`);
    return { connection, client, watchdog };
  });
}

async function adopt(dir: string): Promise<StartedServer | undefined> {
  const found = findPostmaster(dir);
  if (found === undefined) return undefined;
  const client = await waitForServer({ ...found, password: readPassword(dir), dir }, LEASE, ADOPT_TIMEOUT_MS);
  if (client !== undefined) return { ...found, client };
  if (findPostmaster(dir) === undefined) return undefined;
  throw new AppError(
    'unavailable',
    `The embedded database (process ${found.pid}) runs but does not answer.`,
    {
      hint: `Look into postgres.log in the data directory, and end process ${found.pid} if it hangs.`,
    },
  );
}

async function start(
  { dataDir, log }: Required<EmbeddedPostgresOptions>,
  location: Awaited<ReturnType<typeof locateCluster>>,
): Promise<StartedServer> {
  const binaries = await prepareBinaries(dirname(location.dir), location.account);
  if (!clusterExists(location.dir)) {
    log(`Creating the embedded database in ${location.dir}`);
    await initialiseCluster(location, binaries);
  }
  return startPostmaster({
    ...{ dataDir, location, binaries, applicationName: LEASE },
    password: readPassword(location.dir),
    preferredPort: readConnectionFile(dataDir)?.port,
  });
}

class SharedServer implements EmbeddedPostgresHandle {
  private released = false;
  private recovery: Promise<void> | undefined;

  constructor(
    private readonly request: Required<EmbeddedPostgresOptions>,
    private running: Running,
  ) {
    this.hold();
  }

  get url(): string {
    return connectionUrl(this.running.connection);
  }

  get port(): number {
    return this.running.connection.port;
  }

  async release({ stopIfLast = false } = {}): Promise<void> {
    if (this.released) return;
    this.released = true;
    await this.recovery;
    const client = this.running.client as RefClient;
    client.ref();
    try {
      if (stopIfLast) await this.stopUnlessShared();
      else if ((await watchdogPids(client)).length === 0) this.replaceWatchdog();
    } catch (error) {
      // The server is gone already, which is what a release may end in.
      this.request.log(`Embedded PostgreSQL: ${String(error)}`);
    }
    await client.end().catch(() => undefined);
  }

  /** The lease must neither keep an idle process alive nor be lost without notice. */
  private hold(): void {
    const client = this.running.client as RefClient;
    client.once('end', () => {
      if (!this.released) this.recovery ??= this.recover();
    });
    client.unref();
  }

  /** The server died under us: start it again, on the same port if possible, so that our pools find it. */
  private async recover(): Promise<void> {
    const { log } = this.request;
    const portBefore = this.port;
    for (let attempt = 0; ; attempt++) {
      await sleep(RECOVERY_DELAYS_MS[Math.min(attempt, RECOVERY_DELAYS_MS.length - 1)], undefined, {
        ref: false,
      });
      if (this.released) return;
      try {
        this.running = await ensureRunning(this.request);
        if (this.port !== portBefore)
          log(`Embedded PostgreSQL moved to port ${this.port}: restart this process`);
        this.recovery = undefined;
        this.hold();
        return;
      } catch (error) {
        log(`Embedded PostgreSQL is down: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  /** Only when somebody killed the watchdog, or it has not connected yet; a second one ends by itself. */
  private replaceWatchdog(): void {
    const { watchdog } = this.running;
    if (watchdog !== undefined && watchdog.exitCode === null && watchdog.signalCode === null) return;
    spawnWatchdog(this.request.dataDir, this.request.idleSeconds);
  }

  private async stopUnlessShared(): Promise<void> {
    const { dataDir } = this.request;
    const { client, connection } = this.running;
    await withStartLock(dataDir, LOCK_TIMEOUT_MS, async () => {
      // Sessions that were just closed take a moment to disappear from the server's list.
      const deadline = performance.now() + LAST_CLIENT_TIMEOUT_MS;
      while ((await countOtherClients(client)) > 0) {
        if (performance.now() > deadline) return;
        await sleep(50);
      }
      await client.end();
      if (connection.pid !== null) await stopPostmaster({ pid: connection.pid, port: connection.port });
      // Whoever starts a watchdog holds a session meanwhile, so with no session and under the lock no other can appear.
      await endWatchdogs(dataDir, WATCHDOG_GRACE_MS);
      if (existsSync(dataDir)) await writeConnectionFile(dataDir, { ...connection, pid: null });
    });
  }
}
