import { send, type Call } from '../../api/client.js';
import { ProblemError } from '../../api/problem.js';
import type { Schedule } from '../../api/service-types.js';

const PASSING = ['next_ticks', 'last_tick', 'updated_at'];

/** What people decide on; ticks come and go without anybody changing the schedule. */
function decisionOf(schedule: Schedule): string {
  const members = Object.entries(schedule).filter(([name]) => !PASSING.includes(name));
  return JSON.stringify(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Changes a schedule only when it is still what the page shows.
 *
 * @throws ProblemError 412 when somebody else has changed it
 */
export async function changeSeen(shown: Schedule, call: Call): Promise<void> {
  const path = `/schedules/${shown.schedule_id}`;
  const answer = await send(path);
  const now = (await answer.json()) as Schedule;
  if (decisionOf(now) !== decisionOf(shown)) throw overtaken();
  await send(path, { ...call, headers: { ...call.headers, 'If-Match': answer.headers.get('etag') ?? '*' } });
}

function overtaken(): ProblemError {
  const detail = 'It is not what the page shows any more.';
  const title = 'Changed meanwhile';
  return new ProblemError({ status: 412, code: 'precondition_failed', title, detail, request_id: '' });
}
