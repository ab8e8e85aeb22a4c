import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { getJson, sendJson, type Query } from './client.js';
import { asProblem } from './problem.js';
import type {
  AuditEvent,
  Export,
  ModelDetail,
  ModelReport,
  ModelStats,
  ModelSummary,
  Page,
  Run,
  VersionStatus,
} from './types.js';
import type { ScoreReport } from './score-types.js';

const LIVE_MS = 4_000;
const PAGE = 100;
/** As many as somebody reads before typing more. */
const CHOICES = 20;

/** Answers that say that it is not as the page shows it any more. */
const CHANGED_MEANWHILE = [404, 409, 412];

export const isActive = ({ status }: Run): boolean => status === 'queued' || status === 'running';

/** Newest runs; asked again while one of them is under way. */
export function useRuns(limit = 20, status: string | null = null) {
  return useQuery({
    queryKey: ['runs', 'newest', limit, status],
    queryFn: ({ signal }) => getJson<Page<Run>>('/training/runs', { limit, status }, signal),
    refetchInterval: ({ state }) => (state.data?.items.some(isActive) === true ? LIVE_MS : false),
  });
}

/** All runs, page after page. What changes under way is asked for with {@link useRuns}. */
export function useRunPages(status: string | null) {
  return useInfiniteQuery({
    queryKey: ['runs', 'pages', status],
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<Run>>('/training/runs', { limit: 50, status, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: next }) => next,
    refetchOnWindowFocus: false,
  });
}

export function useRun(id: string) {
  return useQuery({
    queryKey: ['run', id],
    queryFn: ({ signal }) => getJson<Run>(`/training/status/${id}`, undefined, signal),
    refetchInterval: ({ state }) => (state.data !== undefined && isActive(state.data) ? LIVE_MS : false),
  });
}

export function useExports(q: string | null = null) {
  return useInfiniteQuery({
    queryKey: ['exports', 'pages', q],
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<Export>>('/exports', { limit: 50, q, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: next }) => next,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });
}

/** The newest exports with this text in their name. */
export function useExportSearch(q = '') {
  return useQuery({
    queryKey: ['exports', 'search', q],
    queryFn: ({ signal }) => getJson<Page<Export>>('/exports', { limit: CHOICES, q }, signal),
    placeholderData: keepPreviousData,
  });
}

export function useExport(id: string) {
  return useQuery({
    queryKey: ['export', id],
    queryFn: ({ signal }) => getJson<Export>(`/exports/${id}`, undefined, signal),
    enabled: id !== '',
  });
}

export interface ModelFilter {
  readonly model?: string | null;
  readonly status?: readonly VersionStatus[];
  readonly q?: string | null;
}

/** The newest versions of a kind: as many as a list of choices shows. */
export function useModelSearch(filter: ModelFilter = {}, limit = CHOICES) {
  return useQuery({
    queryKey: ['models', 'search', filter, limit],
    queryFn: ({ signal }) => getJson<Page<ModelSummary>>('/models', { ...filter, limit }, signal),
    placeholderData: keepPreviousData,
  });
}

/** All versions, page after page. */
export function useModelPages(filter: ModelFilter) {
  return useInfiniteQuery({
    queryKey: ['models', 'pages', filter],
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<ModelSummary>>('/models', { ...filter, limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: next }) => next,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });
}

/** Where each model stands, however many versions there are. */
export function useModelStats() {
  return useQuery({
    queryKey: ['models', 'stats'],
    queryFn: ({ signal }) => getJson<ModelStats>('/models/stats', undefined, signal),
  });
}

export function useModel(version: string) {
  return useQuery({
    queryKey: ['model', version],
    queryFn: ({ signal }) => getJson<ModelDetail>(`/models/${version}`, undefined, signal),
    enabled: version !== '',
  });
}

/** Sends a change; afterwards the lists of these names are asked again, also when somebody else was faster. */
export function useChange<Answer, Input>(
  change: (input: Input) => Promise<Answer>,
  stale: readonly string[],
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: (_answer, error) => {
      if (error !== null && !CHANGED_MEANWHILE.includes(asProblem(error).status)) return;
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

/** Scores of an export: a picture of all windows, and the flagged ones with their reasons. */
export function useScores(version: string, exportId: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['scores', version, exportId],
    queryFn: ({ signal }) =>
      sendJson<ScoreReport>(`/models/${version}/predict`, {
        method: 'POST',
        body: {
          ...{ export_id: exportId, windows: 'flagged', heat_map: true },
          ...{ explain: true, top: 8, lines: 50, max_explained: 500 },
        },
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
