import type { VersionStatus } from './lifecycle.js';

/** What retention must know of a version. */
export interface RetainedVersion {
  readonly version: string;
  readonly status: VersionStatus;
  readonly aliases: readonly string[];
  readonly createdAt: string;
  readonly deployedAt: string | null;
}

export interface RetentionDecision {
  readonly version: string;
  readonly status: VersionStatus;
  /** null = it may go. */
  readonly kept_because: KeepReason | null;
}

export type KeepReason = 'deployed' | 'alias' | 'rollback' | 'target' | 'newest';

const USABLE: readonly VersionStatus[] = ['available', 'deployed', 'archived'];

/**
 * Which versions of one model stay. In any case: the deployed one, those with an alias, what a rollback leads to (the
 * newest older one that was deployed, and the one that was deployed last), and what a target was given last. Beside them
 * the newest `keep` that can serve, and as many of those that cannot (rejected, corrupt): they are there to be studied.
 *
 * @param atTargets versions that targets were given last
 */
export function planRetention(
  versions: readonly RetainedVersion[],
  keep: number,
  atTargets: ReadonlySet<string>,
): RetentionDecision[] {
  const newest = [...versions].sort((a, b) =>
    a.createdAt === b.createdAt
      ? Number(a.version < b.version) - Number(a.version > b.version)
      : Number(a.createdAt < b.createdAt) - Number(a.createdAt > b.createdAt),
  );
  const rollback = rollbackVersions(newest);
  const counts = { usable: 0, other: 0 };
  return newest.map((entry) => {
    const { version, status, aliases } = entry;
    const rank = ++counts[USABLE.includes(status) ? 'usable' : 'other'];
    const rules: readonly [KeepReason, boolean][] = [
      ['deployed', status === 'deployed'],
      ['alias', aliases.length > 0],
      ['target', atTargets.has(version)],
      ['rollback', rollback.has(version)],
      ['newest', rank <= keep],
    ];
    return { version, status, kept_because: rules.find(([, holds]) => holds)?.[0] ?? null };
  });
}

/** @param newest newest first */
function rollbackVersions(newest: readonly RetainedVersion[]): ReadonlySet<string> {
  const archived = newest.filter(({ status }) => status === 'archived');
  const champion = newest.find(({ status }) => status === 'deployed');
  const older = archived.find(({ createdAt }) => champion === undefined || createdAt < champion.createdAt);
  const last = [...archived].sort((a, b) =>
    (b.deployedAt ?? '').localeCompare(a.deployedAt ?? '', 'en'),
  )[0] as RetainedVersion | undefined;
  return new Set([older, last].flatMap((entry) => (entry === undefined ? [] : [entry.version])));
}
