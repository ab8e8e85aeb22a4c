import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  runsAsRoot,
  SERVER_ENVIRONMENT,
  UNPRIVILEGED,
} from '../../../src/platform/database/embedded/account.js';
import { prepareBinaries } from '../../../src/platform/database/embedded/native-binaries.js';

/** A PostgreSQL that belongs to one spec file, so that the file may stop and start it. */
export interface PrivatePostgres {
  readonly url: string;
  /** `immediate` = as after a crash: no goodbye to the clients, recovery at the next start. */
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

export async function createPrivatePostgres(): Promise<PrivatePostgres> {
  const account = runsAsRoot() ? UNPRIVILEGED : undefined;
  const home = mkdtempSync(join(tmpdir(), 'queue-postgres-'));
  if (account !== undefined) chownSync(home, account.uid, account.gid);
  const binaries = await prepareBinaries(home, account);
  const data = join(home, 'data');
  const options = { ...account, cwd: '/', env: SERVER_ENVIRONMENT };
  const created = spawnSync(
    binaries.initdb,
    [
      '-D',
      data,
      '-U',
      'tester',
      '--auth=trust',
      '--no-sync',
      '--locale=C',
      '--encoding=UTF8',
      '--no-instructions',
    ],
    { ...options, encoding: 'utf8' },
  );
  if (created.status !== 0) throw new Error(`initdb: ${created.stderr}`);
  const port = await freePort();
  const url = `postgresql://tester@127.0.0.1:${port}/postgres`;
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'];
  let server: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    server = spawn(binaries.postgres, ['-D', data, '-p', String(port), ...settings], {
      ...options,
      stdio: 'ignore',
    });
    for (const deadline = performance.now() + 15_000; ;) {
      const client = new pg.Client(url);
      client.on('error', () => undefined);
      try {
        await client.connect();
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await sleep(100);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  };
  const stop = async (mode: 'fast' | 'immediate'): Promise<void> => {
    if (server === undefined || server.exitCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(SIGNALS[mode]);
    await exited;
  };
  const remove = async (): Promise<void> => {
    await stop('immediate');
    await rm(home, { recursive: true, force: true });
  };
  await start();
  return { url, start, stop, remove };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
