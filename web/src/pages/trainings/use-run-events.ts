import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { follow } from '../../api/event-stream.js';

export interface RunEvent {
  readonly id: string;
  readonly progress: number;
  readonly step: string;
  readonly message: string | null;
  readonly at: string;
}

/** Events of a run as they happen, from the first one on; the run itself is asked again with each. */
export function useRunEvents(id: string): readonly RunEvent[] {
  const [events, setEvents] = useState<readonly RunEvent[]>([]);
  const queries = useQueryClient();
  useEffect(() => {
    setEvents([]);
    const abort = new AbortController();
    const isLast = ({ event }: { event: string }): boolean => event === 'done' || event === 'error';
    void follow(
      `/training/${id}/events`,
      (event) => {
        if (event.event === 'shutdown') return;
        const data = event.data as Omit<RunEvent, 'id'>;
        setEvents((before) =>
          before.some(({ id: known }) => known === event.id)
            ? before
            : [...before, { ...data, id: event.id }],
        );
        if (isLast(event)) {
          for (const name of ['run', 'runs', 'models']) void queries.invalidateQueries({ queryKey: [name] });
        }
      },
      isLast,
      abort.signal,
    );
    return () => {
      abort.abort();
    };
  }, [id, queries]);
  return events;
}
