/**
 * Entry point of the small process that stops the shared server once nobody uses it.
 *
 * The server must outlive the process that started it, because others share it, and it must not run for ever. No
 * client can be trusted to stop it (each may be killed), so this detached process counts sessions and, when there has
 * been none for `idleSeconds`, stops the server under the start lock: a client that arrives meanwhile waits for the
 * lock and starts it again.
 *
 * Arguments: the data directory, the idle time in seconds.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { claimWatch, countOtherClients, watchdogName } from './cluster-sessions.js';
import { readConnectionFile, writeConnectionFile, type ConnectionFile } from './connection-file.js';
import { stopPostmaster, waitForServer } from './postmaster.js';
import { withStartLock } from './start-lock.js';

const LOCK_TIMEOUT_MS = 180_000;
const RECONNECT_TIMEOUT_MS = 30_000;
const POLL_MS_MAX = 5_000;

async function watch(dataDir: string, idleMs: number): Promise<void> {
  const server = readConnectionFile(dataDir);
  if (server === undefined || server.pid === null) return;
  const pollMs = Math.min(POLL_MS_MAX, idleMs / 4);
  let client: pg.Client | undefined;
  let idleSince = performance.now();
  for (;;) {
    try {
      if (client === undefined) {
        // Undefined at once when the server's process is gone: whoever starts it again starts another watchdog.
        client = await connect(server, server.pid);
        if (client === undefined || !(await claimWatch(client))) return;
      }
      if ((await countOtherClients(client)) > 0) idleSince = performance.now();
      else if (performance.now() - idleSince >= idleMs && (await stopIfIdle(dataDir, server, client))) return;
    } catch {
      // A backend crashed and took all sessions with it, or the server is shutting down: connecting again will tell.
      await client?.end().catch(() => undefined);
      client = undefined;
    }
    await (client === undefined ? sleep(POLL_MS_MAX / 50) : sleepWhileConnected(client, pollMs));
  }
}

/** A session that ends is looked into at once: the server is going, and this process must not outstay it. */
async function sleepWhileConnected(client: pg.Client, ms: number): Promise<void> {
  const wake = new AbortController();
  const onEnd = (): void => {
    wake.abort();
  };
  client.once('end', onEnd);
  await sleep(ms, undefined, { signal: wake.signal }).catch(() => undefined);
  client.removeListener('end', onEnd);
}

function connect(server: ConnectionFile, pid: number): Promise<pg.Client | undefined> {
  return waitForServer({ ...server, pid }, watchdogName(process.pid), RECONNECT_TIMEOUT_MS);
}

async function stopIfIdle(dataDir: string, server: ConnectionFile, client: pg.Client): Promise<boolean> {
  if (server.pid !== null && !existsSync(dataDir)) {
    // Deleted, with the lock and the address in it: nobody can come any more.
    await stopPostmaster({ pid: server.pid, port: server.port });
    return true;
  }
  return withStartLock(dataDir, LOCK_TIMEOUT_MS, async () => {
    // Somebody may have come while we waited for the lock.
    if ((await countOtherClients(client)) > 0 || server.pid === null) return false;
    await client.end();
    await stopPostmaster({ pid: server.pid, port: server.port });
    await writeConnectionFile(dataDir, { ...server, pid: null });
    return true;
  });
}

const [dataDir, idleSeconds] = process.argv.slice(2);
await watch(dataDir, Number(idleSeconds) * 1000);
process.exit(0);
