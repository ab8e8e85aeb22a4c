import { useQuery } from '@tanstack/react-query';
import { send, type Query } from '../../api/client.js';
import { useChange } from '../../api/queries.js';
import type { DeployOutcome, ModelStanding } from '../../api/types.js';

export interface Switch {
  /** Route that changes what the consumer loads. */
  readonly path: string;
  readonly body: Readonly<Record<string, string>>;
  /** Resource whose state the decision is made on. */
  readonly seen: string;
  readonly seenQuery?: Query;
}

export interface Preview {
  readonly outcome: DeployOutcome;
  /** State it was made on: a change in between is noticed. */
  readonly etag: string;
}

/**
 * What would happen, asked of the service itself: again whenever the page sees another state, and not before, for a
 * change that is no longer possible would be asked for in between.
 *
 * @param state statuses that the page shows
 */
export function usePreview(change: Switch | null, state: string) {
  return useQuery({
    queryKey: ['preview', change, state],
    queryFn: async ({ signal }): Promise<Preview> => {
      const { path, body, seen, seenQuery } = change!;
      const state = await send(seen, { query: seenQuery, signal });
      await state.text();
      const answer = await send(path, { method: 'POST', query: { dry_run: true }, body, signal });
      return { outcome: (await answer.json()) as DeployOutcome, etag: state.headers.get('etag') ?? '*' };
    },
    enabled: change !== null,
    retry: false,
    gcTime: 0,
  });
}

export const stateOf = (models: readonly ModelStanding[]): string =>
  models.map(({ model_name: name, deployed, rollback }) => `${name} ${deployed} ${rollback}`).join();

export function useSwitch() {
  return useChange(
    async ({ change, etag }: { change: Switch; etag: string }): Promise<DeployOutcome> => {
      const answer = await send(change.path, {
        method: 'POST',
        body: change.body,
        headers: { 'If-Match': etag, 'Idempotency-Key': crypto.randomUUID() },
      });
      return (await answer.json()) as DeployOutcome;
    },
    ['models', 'model', 'audit', 'preview'],
  );
}
