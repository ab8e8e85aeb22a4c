import { useQuery } from '@tanstack/react-query';
import { getJson, send, sendJson } from './client.js';
import { useChange } from './queries.js';
import type { ModelAlias, ModelDetail } from './types.js';

/** What is asked for again after a change of a version. */
const TOUCHED = ['models', 'model', 'model-seen', 'aliases', 'alias-plan', 'lineage', 'audit'];

export interface SeenModel {
  readonly model: ModelDetail;
  /** State that a form was filled with: a change in between is noticed. */
  readonly etag: string;
}

/** One version for a form, which must not change while somebody types. */
export function useSeenModel(version: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['model-seen', version],
    queryFn: async ({ signal }): Promise<SeenModel> => {
      const answer = await send(`/models/${version}`, { signal });
      return { model: (await answer.json()) as ModelDetail, etag: answer.headers.get('etag') ?? '*' };
    },
    enabled: isWanted,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    gcTime: 0,
  });
}

export interface ModelPatch {
  readonly notes?: string;
  /** null takes a tag away. */
  readonly tags?: Readonly<Record<string, string | null>>;
}

export function useAnnotate(version: string) {
  return useChange(
    ({ patch, etag }: { patch: ModelPatch; etag: string }) =>
      sendJson<ModelDetail>(`/models/${version}`, {
        method: 'PATCH',
        body: patch,
        headers: { 'If-Match': etag },
      }),
    TOUCHED,
  );
}

/** Names for versions of a model. */
export function useAliases(model: string) {
  return useQuery({
    queryKey: ['aliases', model],
    queryFn: ({ signal }) =>
      getJson<{ readonly items: readonly ModelAlias[] }>('/models/aliases', { model }, signal),
  });
}

export interface AliasPlan {
  /** The version it names now; null: there is no such alias. */
  readonly from: string | null;
  /** State the plan was made on; null: there is none to have seen. */
  readonly etag: string | null;
}

interface AliasTarget {
  readonly model: string;
  readonly alias: string;
  readonly version: string;
}

/** What pointing an alias to a version would change, checked by the service. */
export function useAliasPlan({ model, alias, version }: AliasTarget, isWanted: boolean) {
  return useQuery({
    queryKey: ['alias-plan', model, alias, version],
    queryFn: async ({ signal }): Promise<AliasPlan> => {
      const path = `/models/aliases/${alias}`;
      const { items } = await getJson<{ items: readonly ModelAlias[] }>('/models/aliases', { model }, signal);
      const isThere = items.some((item) => item.alias === alias);
      const seen = isThere ? await send(path, { query: { model }, signal }) : null;
      const from = seen === null ? null : ((await seen.json()) as ModelAlias).version;
      const query = { model, dry_run: true };
      await send(path, { method: 'PUT', query, body: { version }, signal });
      return { from, etag: seen === null ? null : (seen.headers.get('etag') ?? '*') };
    },
    enabled: isWanted,
    retry: false,
    gcTime: 0,
  });
}

export function useAliasChange() {
  return useChange(
    ({ model, alias, version, etag }: AliasTarget & { etag: string | null }) =>
      sendJson<ModelAlias>(`/models/aliases/${alias}`, {
        method: 'PUT',
        query: { model },
        body: { version },
        headers: etag === null ? {} : { 'If-Match': etag },
      }),
    TOUCHED,
  );
}

/** Takes an alias away from the version that the page shows: when it has moved on, nothing is changed. */
export function useAliasRemoval() {
  return useChange(async ({ model, alias, etag }: Omit<AliasTarget, 'version'> & { etag: string }) => {
    const path = `/models/aliases/${alias}`;
    await send(path, { method: 'DELETE', query: { model }, headers: { 'If-Match': etag } });
  }, TOUCHED);
}

/** The alias as somebody sees it who is about to take it away. */
export function useSeenAlias(model: string, alias: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['alias-seen', model, alias],
    queryFn: async ({ signal }): Promise<string> => {
      const answer = await send(`/models/aliases/${alias}`, { query: { model }, signal });
      await answer.text();
      return answer.headers.get('etag') ?? '*';
    },
    enabled: isWanted,
    retry: false,
    gcTime: 0,
  });
}

/** Whether a version may be deleted; an error says why not. */
export function useDeletionCheck(version: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['model-seen', version, 'deletion'],
    queryFn: async ({ signal }) => {
      await send(`/models/${version}`, { method: 'DELETE', query: { dry_run: true }, signal });
      return true;
    },
    enabled: isWanted,
    retry: false,
    gcTime: 0,
  });
}

export function useDeletion() {
  return useChange(
    async (version: string) => {
      await send(`/models/${version}`, { method: 'DELETE' });
    },
    ['models', 'audit'],
  );
}

export function useUndeletion() {
  return useChange(
    (version: string) => sendJson<ModelDetail>(`/models/${version}/undelete`, { method: 'POST' }),
    TOUCHED,
  );
}
