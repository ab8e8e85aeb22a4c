import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** True while a process with this id exists, whoever owns it. A zombie counts: its command line tells it apart. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process, empty when it is gone, a zombie, or hidden from us. */
export function commandLine(pid: number): string {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  }
  return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

/** Every process of this machine (or container) whose command line we may see; zombies have none. */
export function commandLines(): { readonly pid: number; readonly line: string }[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^[0-9]+$/.test(name))
      .map((name) => ({ pid: Number(name), line: commandLine(Number(name)) }))
      .filter(({ line }) => line !== '');
  }
  // Wide output twice: without it `ps` cuts the line at the width of the terminal.
  const { stdout } = spawnSync('ps', ['-axwwo', 'pid=,args='], { encoding: 'utf8' });
  return [...stdout.matchAll(/^ *([0-9]+) (.*)$/gm)].map(([, pid, line]) => ({
    pid: Number(pid),
    line: line.trim(),
  }));
}

/**
 * Something that differs between two processes that got the same id one after the other: the kernel's start time
 * (Linux, field 22 of /proc/<pid>/stat) or what `ps` calls the start. Empty when unknown.
 */
export function startMark(pid: number): string {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The second field is the command in parentheses and may itself hold blanks and parentheses.
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    } catch {
      return '';
    }
  }
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

/** Resolves with true once the process is gone, with false when it still runs after `timeoutMs`. */
export async function waitForExit(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(pid)) {
    if (commandLine(pid) === '') return true;
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}
