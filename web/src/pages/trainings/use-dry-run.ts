import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { sendJson } from '../../api/client.js';

export type TrainRequest = Readonly<Record<string, unknown>>;

export interface TrainPlan {
  readonly model_name: string;
  readonly feature_set: string;
}

const PAUSE_MS = 350;

/** Asks the service, shortly after the last key stroke, whether it would start this training. */
export function useDryRun(request: TrainRequest): {
  readonly plan: TrainPlan | null;
  readonly error: unknown;
} {
  const [text] = useDebouncedValue(JSON.stringify(request), PAUSE_MS);
  const query = useQuery({
    queryKey: ['dry-run', text],
    queryFn: ({ signal }) =>
      sendJson<TrainPlan>('/training/train', {
        method: 'POST',
        query: { dry_run: true },
        body: JSON.parse(text) as TrainRequest,
        signal,
      }),
    retry: false,
    refetchOnWindowFocus: false,
  });
  return { plan: query.data ?? null, error: query.error };
}
