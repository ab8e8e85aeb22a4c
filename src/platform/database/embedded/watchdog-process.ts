import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../shared/errors.js';
import { commandLines, waitForExit } from './process-info.js';

const WATCHDOG_FILE = 'watchdog.js';

/** The built entry: beside this file in `dist`, or the built twin when this file runs from source (tests). */
function watchdogEntry(): string {
  for (const path of [WATCHDOG_FILE, `../../../../dist/src/platform/database/embedded/${WATCHDOG_FILE}`]) {
    const file = fileURLToPath(new URL(path, import.meta.url));
    if (existsSync(file)) return file;
  }
  throw new AppError('internal', 'The watchdog of the embedded database is not built.', {
    hint: 'Run "npm run build" first.',
  });
}

/** Starts the watchdog in a session of its own, so that it outlives this process and its terminal. */
export function spawnWatchdog(dataDir: string, idleSeconds: number): ChildProcess {
  const child = spawn(process.execPath, [watchdogEntry(), dataDir, String(idleSeconds)], {
    detached: true,
    cwd: '/',
    env: { PATH: process.execPath },
    stdio: 'ignore',
  });
  child.on('error', () => undefined);
  child.unref();
  return child;
}

/**
 * Waits until no watchdog of this data directory runs, and kills what is still there after `graceMs`. They are found
 * in the process list and not among the server's sessions: one that has just been spawned has no session yet. Call it
 * under the start lock, which a watchdog needs for everything it does to the server.
 */
export async function endWatchdogs(dataDir: string, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  for (const pid of watchdogsOf(dataDir)) {
    if (await waitForExit(pid, Math.max(0, deadline - performance.now()))) continue;
    // Asked again: the id may belong to another process by now.
    if (watchdogsOf(dataDir).includes(pid)) kill(pid);
    await waitForExit(pid, graceMs);
  }
}

/** Process ids of the watchdogs of a data directory, connected or not, whoever started them. */
function watchdogsOf(dataDir: string): number[] {
  const start = `/${WATCHDOG_FILE} ${dataDir} `;
  return commandLines()
    .filter(({ line }) => {
      const at = line.indexOf(start);
      return at >= 0 && /^[0-9.]+$/.test(line.slice(at + start.length));
    })
    .map(({ pid }) => pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile, or another user's: then it ends by itself, as its server is gone.
  }
}
