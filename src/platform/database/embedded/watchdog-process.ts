import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../shared/errors.js';

/** The built entry: beside this file in `dist`, or the built twin when this file runs from source (tests). */
function watchdogEntry(): string {
  for (const path of ['./watchdog.js', '../../../../dist/src/platform/database/embedded/watchdog.js']) {
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
