import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** True when a process with this id runs on this machine (also under another user). */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** A killed process whose parent has not collected it still answers signals; it does no work any more. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/** Names this process in leases: `host:pid`. */
export function processIdentity(): string {
  return `${hostname()}:${process.pid}`;
}

/** True when the identity names a process of this machine that is gone; a process elsewhere cannot be judged from here. */
export function isKnownDead(identity: string): boolean {
  const at = identity.lastIndexOf(':');
  const pid = Number(identity.slice(at + 1));
  return identity.slice(0, at) === hostname() && Number.isInteger(pid) && !isProcessAlive(pid);
}
