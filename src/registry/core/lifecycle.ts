import { AppError } from '../../shared/errors.js';

/**
 * Life of a model version:
 *
 *   available --promote--> deployed --another version promoted--> archived --rollback--> deployed
 *   (trained, gate failed) rejected: final, kept for study, never deployed
 *   any state --an integrity check failed--> corrupt: final
 */
export const VERSION_STATUSES = ['available', 'deployed', 'archived', 'rejected', 'corrupt'] as const;

export type VersionStatus = (typeof VERSION_STATUSES)[number];

const NEXT: Readonly<Record<VersionStatus, readonly VersionStatus[]>> = {
  available: ['deployed', 'corrupt'],
  deployed: ['archived', 'corrupt'],
  archived: ['deployed', 'corrupt'],
  rejected: ['corrupt'],
  corrupt: [],
};

export function canMove(from: VersionStatus, to: VersionStatus): boolean {
  return NEXT[from].includes(to);
}

/** Says why a version may not be deployed; returns silently when it may. */
export function assertDeployable(version: string, status: VersionStatus): void {
  if (status === 'rejected') {
    throw new AppError('gate_rejected', `Model ${version} did not pass its gate and is never deployed.`, {
      hint: `"mcp-training show-model ${version}" lists the checks that failed.`,
    });
  }
  if (status === 'corrupt') {
    throw new AppError(
      'artifact_integrity',
      `Model ${version} is marked corrupt: its files are not those that were registered.`,
      {
        hint: `Train again, or run "mcp-training doctor" for details.`,
      },
    );
  }
}
