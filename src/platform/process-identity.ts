import { readFileSync, readlinkSync } from 'node:fs';
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

/** The numbers of the processes of a machine itself, not of a container. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/**
 * Where a process number means the same process: the host, and within it the container. Containers that share the name
 * of their host would otherwise take each other's processes for dead.
 */
export function hostIdentity(): string {
  try {
    const namespace = readlinkSync('/proc/self/ns/pid');
    return namespace === FIRST_PID_NAMESPACE ? hostname() : `${hostname()}/${namespace.replace(/\D/g, '')}`;
  } catch {
    return hostname();
  }
}

/** Names this process in leases: `host:pid`. */
export function processIdentity(): string {
  return `${hostIdentity()}:${process.pid}`;
}

/** True when the identity names a process of this machine that is gone; a process elsewhere cannot be judged from here. */
export function isKnownDead(identity: string): boolean {
  const at = identity.lastIndexOf(':');
  const pid = Number(identity.slice(at + 1));
  return identity.slice(0, at) === hostIdentity() && Number.isInteger(pid) && !isProcessAlive(pid);
}
