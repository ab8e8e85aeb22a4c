import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getJson, sendJson, type Query } from './client.js';
import type {
  AuditEvent,
  Export,
  ModelDetail,
  ModelReport,
  ModelSummary,
  Page,
  Run,
  ScoreReport,
  VersionStatus,
} from './types.js';

const LIVE_MS = 4_000;
const PAGE = 100;

export const isActive = ({ status }: Run): boolean => status === 'queued' || status === 'running';

/** Newest runs; asked again while one of them is under way. */
export function useRuns(limit = 20) {
  return useQuery({
    queryKey: ['runs', 'newest', limit],
    queryFn: ({ signal }) => getJson<Page<Run>>('/training/runs', { limit }, signal),
    refetchInterval: ({ state }) => (state.data?.items.some(isActive) === true ? LIVE_MS : false),
  });
}

export function useRunPages(status: string | null) {
  return useInfiniteQuery({
    queryKey: ['runs', 'pages', status],
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<Run>>('/training/runs', { limit: 50, status, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: next }) => next,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(isActive)) === true ? LIVE_MS : false,
  });
}

export function useRun(id: string) {
  return useQuery({
    queryKey: ['run', id],
    queryFn: ({ signal }) => getJson<Run>(`/training/status/${id}`, undefined, signal),
    refetchInterval: ({ state }) => (state.data !== undefined && isActive(state.data) ? LIVE_MS : false),
  });
}

export function useExports() {
  return useInfiniteQuery({
    queryKey: ['exports', 'pages'],
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<Export>>('/exports', { limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: next }) => next,
  });
}

export function useExport(id: string) {
  return useQuery({
    queryKey: ['export', id],
    queryFn: ({ signal }) => getJson<Export>(`/exports/${id}`, undefined, signal),
  });
}

export interface ModelFilter {
  readonly model?: string | null;
  readonly status?: VersionStatus | null;
  readonly q?: string | null;
}

/** Newest versions of a kind. */
export function useModels(filter: ModelFilter = {}, limit = 200) {
  return useQuery({
    queryKey: ['models', 'newest', filter, limit],
    queryFn: ({ signal }) => getJson<Page<ModelSummary>>('/models', { ...filter, limit }, signal),
  });
}

/** All versions, page after page. */
export function useModelPages(filter: ModelFilter) {
  return useInfiniteQuery({
    queryKey: ['models', 'pages', filter],
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<ModelSummary>>('/models', { ...filter, limit: 200, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: next }) => next,
  });
}

export function useModel(version: string) {
  return useQuery({
    queryKey: ['model', version],
    queryFn: ({ signal }) => getJson<ModelDetail>(`/models/${version}`, undefined, signal),
    enabled: version !== '',
  });
}

/** Sends a change; afterwards the lists of these names are asked again. */
export function useChange<Answer, Input>(
  change: (input: Input) => Promise<Answer>,
  stale: readonly string[],
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      for (const name of stale) void queries.invalidateQueries({ queryKey: [name] });
    },
  });
}

export const validateExport = (id: string): Promise<unknown> =>
  sendJson(`/exports/${id}/validate`, { method: 'POST' });

export function useModelReport(version: string) {
  return useQuery({
    queryKey: ['model-report', version],
    queryFn: ({ signal }) => getJson<ModelReport>(`/models/${version}/report`, undefined, signal),
    // The files of a version never change.
    staleTime: Infinity,
    enabled: version !== '',
  });
}

/** Scores of all windows of an export, the flagged ones with their reasons. */
export function useScores(version: string, exportId: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['scores', version, exportId],
    queryFn: ({ signal }) =>
      sendJson<ScoreReport>(`/models/${version}/predict`, {
        method: 'POST',
        body: { export_id: exportId, explain: true, top: 8, lines: 50, max_explained: 500 },
        signal,
      }),
    enabled: isWanted && version !== '' && exportId !== '',
    staleTime: Infinity,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
  });
}

/** What changed, newest first. Only a key with the scope `admin` may read it. */
export function useAudit(query: Query) {
  return useInfiniteQuery({
    queryKey: ['audit', query],
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<AuditEvent>>('/audit', { ...query, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: next }) => next,
  });
}
