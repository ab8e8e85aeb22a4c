import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { isProcessAlive } from '../../src/platform/process-identity.js';
import type { ConnectionFile } from '../../src/platform/database/embedded/connection-file.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgresHandle,
} from '../../src/platform/database/embedded/embedded-postgres.js';

const BUILT = pathToFileURL(
  join(import.meta.dirname, '../../dist/src/platform/database/embedded/embedded-postgres.js'),
);

/** A process of its own that holds the server: prints one JSON line, then waits, or releases when its stdin closes. */
const HOLDER = `
  const { startEmbeddedPostgres } = await import(${JSON.stringify(BUILT.href)});
  const [dataDir, idleSeconds] = process.argv.slice(1);
  const handle = await startEmbeddedPostgres({ dataDir, idleSeconds: Number(idleSeconds) });
  console.log(JSON.stringify({ port: handle.port, url: handle.url }));
  process.stdin.resume();
  process.stdin.on('end', () => handle.release().then(() => process.exit(0)));
`;

export interface Holder {
  readonly process: ChildProcess;
  readonly port: number;
  readonly url: string;
}

/** Data directories with servers for one test; `cleanUp` ends what the test left. */
export class EmbeddedSandbox {
  private readonly directories: string[] = [];
  private readonly dataDirs = new Set<string>();
  private readonly handles: EmbeddedPostgresHandle[] = [];
  private readonly holders: ChildProcess[] = [];

  newDirectory(mode = 0o755): string {
    const directory = mkdtempSync(join(tmpdir(), 'mcp-training-embedded-'));
    chmodSync(directory, mode);
    this.directories.push(directory);
    return directory;
  }

  async start(dataDir: string, idleSeconds = 20): Promise<EmbeddedPostgresHandle> {
    this.dataDirs.add(dataDir);
    const handle = await startEmbeddedPostgres({ dataDir, idleSeconds });
    this.handles.push(handle);
    return handle;
  }

  async startInProcess(dataDir: string, idleSeconds = 20): Promise<Holder> {
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', HOLDER, '--', dataDir, String(idleSeconds)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.holders.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { process: child, ...(JSON.parse(line.toString()) as { port: number; url: string }) };
  }

  async cleanUp(): Promise<void> {
    for (const child of this.holders.splice(0)) child.kill('SIGKILL');
    for (const handle of this.handles.splice(0)) await handle.release();
    for (const dataDir of this.dataDirs) await stopServer(dataDir);
    this.dataDirs.clear();
    for (const directory of this.directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  }
}

/** Whatever the test did to it, the last holder stops the server together with its watchdog. */
async function stopServer(dataDir: string): Promise<void> {
  const found = connectionFile(dataDir);
  if (found === undefined) return;
  if (found.pid !== null && isProcessAlive(found.pid)) {
    const last = await startEmbeddedPostgres({ dataDir });
    await last.release({ stopIfLast: true });
  }
  rmSync(found.dir, { recursive: true, force: true });
  const parent = dirname(found.dir);
  // A cluster outside of its data directory: the last one takes the common parent along.
  if (basename(parent) === 'mcp-training' && readdirSync(parent).length === 0) rmdirSync(parent);
}

export function connectionFile(dataDir: string): ConnectionFile | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as ConnectionFile;
  } catch {
    return undefined;
  }
}

export async function queryOnce<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Polls until `check` holds; fails with `what` otherwise. */
export async function eventually(
  what: string,
  timeoutMs: number,
  check: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    await sleep(50);
  }
}
