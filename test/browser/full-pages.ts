import type { Service } from '../e2e/service.js';

interface Listed {
  readonly items: readonly { readonly export_id?: string; readonly training_id?: string }[];
}

/** Each page of the dashboard on data that is there. */
export async function fullPages(service: Service, [a, b]: readonly string[]): Promise<string[]> {
  const first = async (path: string): Promise<Listed['items'][number]> =>
    (await service.get<Listed>(`/api/v1/${path}?limit=1`)).body.items[0];
  const exportId = String((await first('exports')).export_id);
  const runId = String((await first('training/runs')).training_id);
  return [
    ...['/', '/exports', `/exports/${exportId}`, '/trainings', '/trainings/new', `/trainings/${runId}`],
    ...['/schedules/new', '/models', `/models/${a}`, `/compare?a=${a}&b=${b}&export=${exportId}`],
    ...[`/deploy?version=${b}`, '/score', '/settings', '/api-keys', '/audit'],
  ];
}
