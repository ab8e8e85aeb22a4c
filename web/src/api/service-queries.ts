import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getJson, send } from './client.js';
import type { ApiKey, QueueStatus, Schedule, Settings } from './service-types.js';
import type { Page } from './types.js';

const LIVE_MS = 10_000;

/** Asked again now and then: ticks come without anybody doing something here. */
export function useSchedules() {
  return useInfiniteQuery({
    queryKey: ['schedules'],
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<Schedule>>('/schedules', { limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: next }) => next,
    refetchInterval: LIVE_MS,
  });
}

export interface SeenSchedule {
  readonly schedule: Schedule;
  /** State that a form was filled with: a change in between is noticed. */
  readonly etag: string;
}

/** One schedule for a form, which must not change while somebody types. */
export function useSeenSchedule(id: string) {
  return useQuery({
    queryKey: ['schedule', id],
    queryFn: async ({ signal }): Promise<SeenSchedule> => {
      const answer = await send(`/schedules/${id}`, { signal });
      return { schedule: (await answer.json()) as Schedule, etag: answer.headers.get('etag') ?? '*' };
    },
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    gcTime: 0,
  });
}

/** Settings stay as they are until the service is started again. */
export function useSettings(isWanted = true) {
  return useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => getJson<Settings>('/settings', undefined, signal),
    enabled: isWanted,
  });
}

export function useApiKeys() {
  return useQuery({
    queryKey: ['api-keys'],
    queryFn: ({ signal }) => getJson<{ readonly items: readonly ApiKey[] }>('/api-keys', undefined, signal),
  });
}

export function useQueue() {
  return useQuery({
    queryKey: ['runs', 'queue'],
    queryFn: ({ signal }) => getJson<QueueStatus>('/training/queue', undefined, signal),
    refetchInterval: LIVE_MS,
  });
}
