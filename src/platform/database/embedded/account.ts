import { spawnSync } from 'node:child_process';
import type { Stats } from 'node:fs';

/** The user and group the server runs as. PostgreSQL refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` on every Linux: exists without creating a user. */
export const UNPRIVILEGED: Account = { uid: 65534, gid: 65534 };

export const runsAsRoot = (): boolean => process.getuid?.() === 0;

/** As root: the owner of an existing cluster, else the unprivileged account. Otherwise undefined: as ourselves. */
export function serverAccount(cluster: Stats | undefined): Account | undefined {
  if (!runsAsRoot()) return undefined;
  return cluster === undefined || cluster.uid === 0 ? UNPRIVILEGED : { uid: cluster.uid, gid: cluster.gid };
}

/**
 * The environment of every PostgreSQL process: nothing of ours, because PGPORT and the like would change what it does
 * and secrets of the service are none of its business.
 */
export const SERVER_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } as const;

/** True when that account can pass through the directory and all its parents; asked from the system, ACLs included. */
export function canTraverse(directory: string, account: Account): boolean {
  const test = spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', directory], {
    uid: account.uid,
    gid: account.gid,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
  });
  return test.status === 0;
}
