import { scheduleJson } from '../pipeline/schedules/schedule-json.js';
import { patchOf } from '../pipeline/schedules/schedule-request.js';
import { SchedulesService } from '../pipeline/schedules/schedules.service.js';
import { AppError } from '../shared/errors.js';
import { configuration } from './configuration.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { scheduleRequest, type ScheduleOptions } from './schedule-options.js';
import { scheduleText } from './schedule-text.js';
import { withApplication } from './with-application.js';

export async function run(
  [reference]: readonly string[],
  options: ScheduleOptions,
  output: Output,
): Promise<void> {
  const patch = patchOf(scheduleRequest(options));
  if (Object.keys(patch).length === 0)
    throw new AppError('usage', 'Nothing to change.', { hint: 'Give for instance --cron "0 4 * * *".' });
  const config = configuration({ ...options, configOverrides: undefined }, output);
  const view = await withApplication(config, options, async ({ context }) => {
    const schedules = context.get(SchedulesService);
    const { scheduleId } = await schedules.find(reference);
    return schedules.change(scheduleId, { patch, actor: operator(), dryRun: options.dryRun });
  });
  output.result(scheduleJson(view), () => scheduleText(view));
}
