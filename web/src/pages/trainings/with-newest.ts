import type { Run } from '../../api/types.js';

/** The runs of a list as they were when it was fetched, with what is known of the newest ones since. */
export function withNewest(listed: readonly Run[], newest: readonly Run[]): Run[] {
  const known = new Set(listed.map(({ training_id: id }) => id));
  const now = new Map(newest.map((run) => [run.training_id, run]));
  const first = listed.at(0)?.created_at ?? '';
  return [
    ...newest.filter(({ training_id: id, created_at: at }) => !known.has(id) && at >= first),
    ...listed.map((run) => now.get(run.training_id) ?? run),
  ];
}
