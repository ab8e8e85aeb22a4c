import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { sendJson } from '../../api/client.js';
import type { Schedule } from '../../api/service-types.js';

const PAUSE_MS = 350;

/** Where a schedule is made or changed; `etag`: as it was when the form was filled. */
export interface ScheduleTarget {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly etag: string | null;
}

export const guardOf = ({ etag }: ScheduleTarget): Record<string, string> =>
  etag === null ? {} : { 'If-Match': etag };

/** Asks the service, shortly after the last key stroke, what would come of it. */
export function useScheduleDryRun(
  target: ScheduleTarget,
  request: Readonly<Record<string, unknown>>,
  isWanted: boolean,
) {
  const [text] = useDebouncedValue(JSON.stringify(request), PAUSE_MS);
  return useQuery({
    queryKey: ['schedule-dry-run', target, text],
    queryFn: ({ signal }) =>
      sendJson<Schedule>(target.path, {
        method: target.method,
        query: { dry_run: true },
        body: JSON.parse(text) as unknown,
        headers: guardOf(target),
        signal,
      }),
    enabled: isWanted,
    retry: false,
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
}
