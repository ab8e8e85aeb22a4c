import { scheduleJson } from '../pipeline/schedules/schedule-json.js';
import { SchedulesService } from '../pipeline/schedules/schedules.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { scheduleText } from './schedule-text.js';
import { withApplication } from './with-application.js';

/** Ticks of the time in which a schedule is paused are no missed ones: it goes on with the next. */
export async function setPaused(
  reference: string,
  paused: boolean,
  options: GlobalOptions,
  output: Output,
): Promise<void> {
  const view = await withApplication(configuration(options, output), options, async ({ context }) => {
    const schedules = context.get(SchedulesService);
    const { scheduleId } = await schedules.find(reference);
    return schedules.change(scheduleId, { patch: { paused }, actor: operator() });
  });
  output.result(scheduleJson(view), () => scheduleText(view));
}
