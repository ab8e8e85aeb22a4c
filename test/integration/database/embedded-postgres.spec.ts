import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { spawnWatchdog } from '../../../src/platform/database/embedded/watchdog-process.js';
import { isProcessAlive } from '../../../src/platform/process-identity.js';
import { EmbeddedSandbox, connectionFile, eventually, queryOnce } from '../../support/embedded-sandbox.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('Not root: the cases of a closed parent directory and of uid 65534 are SKIPPED.');

const pidOf = (dataDir: string): number => connectionFile(dataDir)?.pid ?? 0;

/** Processes whose command line names the data directory: the server and its watchdog (Linux). */
function processesOf(dataDir: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(dataDir) && !line.includes('--input-type'));
}

function connectedWatchdogs(url: string): Promise<{ pid: number }[]> {
  return queryOnce(
    url,
    `SELECT split_part(application_name, ' ', 3)::int AS pid FROM pg_stat_activity
     WHERE application_name LIKE 'mcp-training watchdog %'`,
  );
}

describe('the embedded PostgreSQL', { timeout: 90_000 }, () => {
  const sandbox = new EmbeddedSandbox();
  afterEach(() => sandbox.cleanUp());

  it('starts from nothing, asks for its password, and listens on the loopback only', async () => {
    const dataDir = join(sandbox.newDirectory(), 'data');
    const { url, port } = await sandbox.start(dataDir);
    const [row] = await queryOnce(
      url,
      `SELECT current_database() AS database, current_setting('fsync') AS fsync`,
    );
    expect(row).toEqual({ database: 'mcp_training', fsync: 'on' });
    expect(
      await queryOnce(
        url,
        `SELECT name, setting FROM pg_settings
      WHERE name IN ('listen_addresses', 'unix_socket_directories', 'password_encryption') ORDER BY name`,
      ),
    ).toEqual([
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'password_encryption', setting: 'scram-sha-256' },
      { name: 'unix_socket_directories', setting: '' },
    ]);
    const guess = new URL(url);
    guess.password = 'guess';
    await expect(queryOnce(guess.toString(), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    const file = connectionFile(dataDir);
    expect(file).toMatchObject({ host: '127.0.0.1', port, dir: join(dataDir, 'postgres') });
    expect(statSync(join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
    if (isRoot) expect(statSync(join(dataDir, 'postgres')).uid).toBe(65534);
    // Neither initdb's password file nor a temporary cluster stays.
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres.json', 'postgres.log']);
  });

  it('is shared by processes that start at the same time, and stays when one of them goes', async () => {
    const dataDir = sandbox.newDirectory();
    const [first, second, ours] = await Promise.all([
      sandbox.startInProcess(dataDir),
      sandbox.startInProcess(dataDir),
      sandbox.start(dataDir),
    ]);
    expect(new Set([first.url, second.url, ours.url]).size).toBe(1);
    // A process the server has just forked carries its command line until it sets a title of its own.
    await eventually(
      'one server',
      5_000,
      () => processesOf(dataDir).filter((line) => line.includes('/postgres -D')).length === 1,
    );
    await eventually(
      'one watchdog',
      5_000,
      () => processesOf(dataDir).filter((l) => l.includes('watchdog')).length === 1,
    );

    await ours.release({ stopIfLast: true });
    expect(await queryOnce(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('survives kill -9 of the process that started it, and is adopted', async () => {
    const dataDir = sandbox.newDirectory();
    const holder = await sandbox.startInProcess(dataDir);
    const pid = pidOf(dataDir);
    await queryOnce(holder.url, 'CREATE TABLE kept (id int)');
    holder.process.kill('SIGKILL');
    const { url } = await sandbox.start(dataDir);
    expect(url).toBe(holder.url);
    expect(pidOf(dataDir)).toBe(pid);
    expect(await queryOnce(url, 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 0 }]);
  });

  it('recovers every committed row and no other after kill -9 of the server', async () => {
    const dataDir = sandbox.newDirectory();
    const holder = await sandbox.startInProcess(dataDir);
    await queryOnce(holder.url, 'CREATE TABLE numbers AS SELECT generate_series(1, 50000) AS n');
    const open = new pg.Client({ connectionString: holder.url });
    open.on('error', () => undefined);
    await open.connect();
    await open.query('BEGIN');
    await open.query('INSERT INTO numbers VALUES (-1)');
    holder.process.kill('SIGKILL');
    const killed = pidOf(dataDir);
    process.kill(killed, 'SIGKILL');
    const { url } = await sandbox.start(dataDir);
    expect(pidOf(dataDir)).not.toBe(killed);
    const [row] = await queryOnce(url, 'SELECT count(*)::int AS rows, min(n) AS least FROM numbers');
    expect(row).toEqual({ rows: 50_000, least: 1 });
    await open.end().catch(() => undefined);
  });

  it('is started again, on the same port, when it dies under a process that uses it', async () => {
    const dataDir = sandbox.newDirectory();
    const { url } = await sandbox.start(dataDir);
    const killed = pidOf(dataDir);
    process.kill(killed, 'SIGKILL');
    // A connection may still be taken in the moment between the signal and the end of the old server.
    await eventually('another server answers', 20_000, () =>
      queryOnce(url, 'SELECT 1').then(
        () => pidOf(dataDir) !== killed,
        () => false,
      ),
    );
  });

  it('does not mistake a stranger for its server when a process id was used again', async () => {
    const dataDir = sandbox.newDirectory();
    const first = await sandbox.start(dataDir);
    const { pid, dir } = connectionFile(dataDir)!;
    const stranger = spawn('sleep', ['60'], isRoot ? { uid: 65534, gid: 65534 } : {});
    try {
      process.kill(pid!, 'SIGKILL');
      await first.release();
      await eventually('the server is gone', 5_000, () => !isProcessAlive(pid!));
      const file = join(dir, 'postmaster.pid');
      const lines = readFileSync(file, 'utf8').split('\n');
      writeFileSync(file, [stranger.pid, ...lines.slice(1)].join('\n'));
      const second = await sandbox.start(dataDir);
      expect(pidOf(dataDir)).not.toBe(stranger.pid);
      expect(await queryOnce(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(isProcessAlive(stranger.pid!)).toBe(true);
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('takes over the start lock of a process that was killed', async () => {
    const dataDir = sandbox.newDirectory();
    // The id is in use, as after a reboot, but its process started at another time.
    writeFileSync(
      join(dataDir, 'postgres.lock'),
      JSON.stringify({ pid: process.pid, start: 'long ago', host: hostname() }),
    );
    const { url } = await sandbox.start(dataDir);
    expect(await queryOnce(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(existsSync(join(dataDir, 'postgres.lock'))).toBe(false);
  });

  it('moves to another port when somebody has taken the one it used', async () => {
    const dataDir = sandbox.newDirectory();
    const first = await sandbox.start(dataDir);
    await first.release({ stopIfLast: true });
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(first.port, '127.0.0.1', resolve));
    try {
      const second = await sandbox.start(dataDir);
      expect(second.port).not.toBe(first.port);
      expect(await queryOnce(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      squatter.close();
    }
  });

  it('writes a lost postgres.json again, with the same password', async () => {
    const dataDir = sandbox.newDirectory();
    const first = await sandbox.start(dataDir);
    await queryOnce(first.url, 'CREATE TABLE kept (id int)');
    const before = connectionFile(dataDir);
    rmSync(join(dataDir, 'postgres.json'));
    await sandbox.start(dataDir);
    expect(connectionFile(dataDir)).toEqual(before);
  });

  it('leaves a directory that is not a cluster alone, and says so', async () => {
    const dataDir = sandbox.newDirectory();
    mkdirSync(join(dataDir, 'postgres'));
    writeFileSync(join(dataDir, 'postgres', 'thesis.txt'), 'years of work');
    await expect(sandbox.start(dataDir)).rejects.toMatchObject({ code: 'unavailable' });
    expect(readdirSync(dataDir)).toEqual(['postgres']);
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['thesis.txt']);
  });

  it('shows the last lines of the server log when the server cannot start', async () => {
    const dataDir = sandbox.newDirectory();
    const first = await sandbox.start(dataDir);
    await first.release({ stopIfLast: true });
    writeFileSync(join(dataDir, 'postgres', 'postgresql.conf'), 'no_such_setting = 1\n');
    const failed = sandbox.start(dataDir);
    await expect(failed).rejects.toMatchObject({ code: 'unavailable' });
    await expect(failed).rejects.toThrow(/no_such_setting/);
  });

  it('stops by itself when its last client has been gone for the idle time', async () => {
    const dataDir = sandbox.newDirectory();
    const holder = await sandbox.startInProcess(dataDir, 1);
    const pid = pidOf(dataDir);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(isProcessAlive(pid)).toBe(true);
    holder.process.kill('SIGKILL');
    await eventually('server and watchdog are gone', 15_000, () => processesOf(dataDir).length === 0);
    expect(pidOf(dataDir)).toBe(0);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('stops by itself when its data directory was deleted under it', async () => {
    const dataDir = join(sandbox.newDirectory(isRoot ? 0o700 : 0o755), 'data');
    const holder = await sandbox.startInProcess(dataDir, 1);
    const { pid, dir } = connectionFile(dataDir)!;
    await eventually('a watchdog', 10_000, async () => (await connectedWatchdogs(holder.url)).length === 1);
    rmSync(dataDir, { recursive: true });
    holder.process.kill('SIGKILL');
    await eventually('the server is gone', 15_000, () => !isProcessAlive(pid!));
    await eventually('the watchdog is gone', 5_000, () => processesOf(dataDir).length === 0);
    rmSync(dir, { recursive: true, force: true });
  });

  it('gets a new watchdog on release when somebody killed the old one', async () => {
    const dataDir = sandbox.newDirectory();
    const handle = await sandbox.start(dataDir, 1);
    const watchdogs = (): Promise<{ pid: number }[]> => connectedWatchdogs(handle.url);
    await eventually('a watchdog', 5_000, async () => (await watchdogs()).length === 1);
    const [{ pid }] = await watchdogs();
    process.kill(pid, 'SIGKILL');
    await eventually('no watchdog', 5_000, async () => (await watchdogs()).length === 0);
    await handle.release();
    await eventually('server and watchdog are gone', 15_000, () => processesOf(dataDir).length === 0);
  });

  it('leaves no process when the last client asks for that', async () => {
    const dataDir = sandbox.newDirectory();
    const handle = await sandbox.start(dataDir);
    await handle.release({ stopIfLast: true });
    expect(processesOf(dataDir)).toEqual([]);
    expect(pidOf(dataDir)).toBe(0);
  });

  it('leaves no process although its watchdog hangs', async () => {
    const dataDir = sandbox.newDirectory();
    // As the demo does: one process starts the server and ends, the next one stops it.
    const first = await sandbox.startInProcess(dataDir);
    await eventually('a watchdog', 10_000, async () => (await connectedWatchdogs(first.url)).length === 1);
    const [{ pid }] = await connectedWatchdogs(first.url);
    first.process.stdin!.end();
    await once(first.process, 'exit');
    process.kill(pid, 'SIGSTOP');
    const last = await sandbox.start(dataDir);
    await last.release({ stopIfLast: true });
    expect(processesOf(dataDir)).toEqual([]);
  });

  it('leaves no watchdog that has not connected yet, and touches no other', async () => {
    const dataDir = sandbox.newDirectory();
    const handle = await sandbox.start(dataDir);
    // Stopped before it has loaded its code; the second one watches a directory whose name begins alike.
    const late = spawnWatchdog(dataDir, 20);
    const other = spawnWatchdog(`${dataDir} 2`, 20);
    try {
      process.kill(late.pid!, 'SIGSTOP');
      process.kill(other.pid!, 'SIGSTOP');
      await handle.release({ stopIfLast: true });
      expect(processesOf(dataDir)).toEqual([expect.stringContaining(`${dataDir} 2 20`)]);
    } finally {
      late.kill('SIGKILL');
      other.kill('SIGKILL');
    }
  });

  it('leaves server and watchdog to those who still use them', async () => {
    const dataDir = sandbox.newDirectory();
    const holder = await sandbox.startInProcess(dataDir);
    await eventually('a watchdog', 10_000, async () => (await connectedWatchdogs(holder.url)).length === 1);
    const ours = await sandbox.start(dataDir);
    const before = await connectedWatchdogs(holder.url);
    await ours.release({ stopIfLast: true });
    expect(await connectedWatchdogs(holder.url)).toEqual(before);
    expect(await queryOnce(holder.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it.runIf(isRoot)(
    'lives outside of a directory that uid 65534 cannot pass, and is found again',
    async () => {
      const dataDir = join(sandbox.newDirectory(0o700), 'data');
      const first = await sandbox.start(dataDir);
      const { dir } = connectionFile(dataDir)!;
      const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
      expect(dir).toMatch(new RegExp(`/mcp-training/${hash}$`));
      await queryOnce(first.url, 'CREATE TABLE kept (id int)');
      await first.release({ stopIfLast: true });
      const second = await sandbox.start(dataDir);
      expect(await queryOnce(second.url, 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 0 }]);
      await second.release({ stopIfLast: true });
      rmSync(dir, { recursive: true });
    },
  );

  it.runIf(isRoot)('takes its rows along when its directory is closed later', async () => {
    const parent = sandbox.newDirectory();
    const dataDir = join(parent, 'data');
    const first = await sandbox.start(dataDir);
    await queryOnce(first.url, 'CREATE TABLE kept (id int)');
    await first.release({ stopIfLast: true });
    chmodSync(parent, 0o700);
    const second = await sandbox.start(dataDir);
    expect(await queryOnce(second.url, 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 0 }]);
    const { dir } = connectionFile(dataDir)!;
    expect(dir).not.toContain(dataDir);
  });
});
