import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type pg from 'pg';
import { EmbeddedSandbox, queryOnce } from './embedded-sandbox.js';
import { createTestDatabase, type TestDatabase } from './postgres.js';

const ENTRY_POINT = join(import.meta.dirname, '../../bin/mcp-training.mjs');
const RSS_POLL_MS = 15;
const DEFAULT_TIMEOUT_MS = 60_000;

/** What one finished command left behind. */
export interface CliResult {
  /** Exit code; null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** Peak resident memory in MB as the kernel counts it (Linux; 0 elsewhere). */
  readonly peakRssMb: number;
}

export interface CliOptions {
  /** Added to the sandbox's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Standard input; null = a pipe that is never written to and stays open. Nothing without it. */
  readonly input?: string | Uint8Array | null;
  /** The process is killed after that long, and the test fails with what it had printed. */
  readonly timeoutMs?: number;
}

/** A command that is still running. */
export interface CliProcess {
  readonly child: ChildProcess;
  readonly done: Promise<CliResult>;
  stdout(): string;
  stderr(): string;
}

export interface CliSandboxOptions {
  /** `external` = an empty database of the test server; `embedded` = the CLI starts its own server. */
  readonly database?: 'external' | 'embedded';
}

/** Data, models and exports directories of their own for one test file, and the commands that run on them. */
export class CliSandbox {
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly exportsDir: string;
  private readonly running = new Set<ChildProcess>();

  private constructor(
    readonly directory: string,
    private readonly database: TestDatabase | undefined,
  ) {
    this.dataDir = join(directory, 'data');
    this.modelsDir = join(directory, 'models');
    this.exportsDir = join(directory, 'exports');
    mkdirSync(this.exportsDir);
  }

  static async create(name: string, options: CliSandboxOptions = {}): Promise<CliSandbox> {
    const directory = mkdtempSync(join(tmpdir(), `mcp-training-e2e-${name}-`));
    // Passable for uid 65534, as which the embedded server runs when the tests run as root.
    chmodSync(directory, 0o755);
    const database = options.database === 'embedded' ? undefined : await createTestDatabase(`e2e_${name}`);
    return new CliSandbox(directory, database);
  }

  get databaseUrl(): string | undefined {
    return this.database?.url;
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** Complete versions: whatever `models/` holds, also what should not be there, but for temporary names. */
  versionDirectories(): string[] {
    return this.modelEntries().filter((name) => !name.startsWith('.tmp-'));
  }

  modelEntries(): string[] {
    return existsSync(this.modelsDir) ? readdirSync(this.modelsDir).sort() : [];
  }

  /** Straight from the test database, for what no command shows. */
  async query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    if (this.database === undefined) throw new Error('Only with an external database.');
    return queryOnce<Row>(this.database.url, sql);
  }

  async run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return this.start(args, options).done;
  }

  start(args: readonly string[], options: CliOptions = {}): CliProcess {
    const begun = performance.now();
    const child = spawn(process.execPath, [ENTRY_POINT, ...args], {
      cwd: options.cwd ?? this.directory,
      env: this.environment(options.env),
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    }) as ChildProcess & { readonly stdout: Readable; readonly stderr: Readable };
    this.running.add(child);
    // A command that refuses its input closes the pipe before everything was written.
    child.stdin?.on('error', () => undefined);
    if (typeof options.input === 'string' || options.input instanceof Uint8Array)
      child.stdin?.end(options.input);
    const printed = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));

    let peakRssMb = 0;
    const sample = setInterval(
      () => (peakRssMb = Math.max(peakRssMb, highWaterMarkMb(child.pid))),
      RSS_POLL_MS,
    );
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const done = new Promise<CliResult>((resolve, reject) => {
      const watchdog = setTimeout(() => {
        child.kill('SIGKILL');
        reject(
          new Error(
            `Not done after ${timeoutMs} ms: ${args.join(' ')}\n${printed.stdout}\n${printed.stderr}`,
          ),
        );
      }, timeoutMs);
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(watchdog);
        clearInterval(sample);
        this.running.delete(child);
        resolve({ code, signal, ...printed, durationMs: performance.now() - begun, peakRssMb });
      });
    });
    // A process that a test kills and forgets must not end the run with an unhandled rejection.
    done.catch(() => undefined);
    return { child, done, stdout: () => printed.stdout, stderr: () => printed.stderr };
  }

  async cleanUp(): Promise<void> {
    // Also what a failed test has left running.
    const ends = [...this.running].map((child) => once(child, 'close'));
    for (const child of this.running) child.kill('SIGKILL');
    await Promise.all(ends);
    await this.database?.drop();
    if (existsSync(join(this.dataDir, 'postgres.json'))) {
      const embedded = new EmbeddedSandbox();
      await embedded.start(this.dataDir);
      await embedded.cleanUp();
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The caller's environment without anything that configures this program. */
  private environment(extra: CliOptions['env'] = {}): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(
      ([key]) => !/^(TRAINING_|DATABASE_URL|VITEST|NODE_OPTIONS|NODE_ENV)/.test(key),
    );
    return {
      ...Object.fromEntries(inherited),
      TRAINING_DATA_DIR: this.dataDir,
      TRAINING_MODELS_DIR: this.modelsDir,
      TRAINING_EXPORTS_DIR: this.exportsDir,
      TRAINING_LOGS_DIR: join(this.directory, 'logs'),
      ...(this.database === undefined ? {} : { DATABASE_URL: this.database.url }),
      ...extra,
    };
  }
}

/** The one JSON document on stdout; fails with everything that was printed when there is not exactly one. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names what it expects
export function jsonOf<T = Record<string, unknown>>({ stdout, stderr, code }: CliResult): T {
  try {
    return JSON.parse(stdout) as T;
  } catch (error) {
    throw new Error(`stdout is not one JSON document (exit code ${code}): ${stdout}\n${stderr}`, {
      cause: error,
    });
  }
}

/** VmHWM only grows, so the last reading before the end is the peak, but for the last few milliseconds. */
function highWaterMarkMb(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
