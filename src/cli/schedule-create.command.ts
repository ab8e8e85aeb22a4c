import { scheduleJson } from '../pipeline/schedules/schedule-json.js';
import { settingsOf } from '../pipeline/schedules/schedule-request.js';
import { SchedulesService } from '../pipeline/schedules/schedules.service.js';
import { AppError } from '../shared/errors.js';
import { configuration } from './configuration.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { scheduleRequest, type ScheduleOptions } from './schedule-options.js';
import { scheduleText } from './schedule-text.js';
import { withApplication } from './with-application.js';

export async function run(
  _: readonly string[],
  options: ScheduleOptions & { readonly paused?: boolean },
  output: Output,
): Promise<void> {
  const request = { ...scheduleRequest(options), paused: options.paused };
  const { name, cron, source } = request;
  if (name === undefined || cron === undefined || source === undefined)
    throw new AppError('usage', 'A schedule needs --name, --cron and --source.');
  const settings = settingsOf({ ...request, name, cron, source });
  // Without --config-overrides: those belong to the runs of the schedule, not to this command.
  const config = configuration({ ...options, configOverrides: undefined }, output);
  const view = await withApplication(config, options, ({ context }) =>
    context.get(SchedulesService).create(settings, operator(), options.dryRun),
  );
  output.result(scheduleJson(view), () => scheduleText(view));
  output.note(
    '"mcp-training serve" carries out its ticks; queued trainings need a worker (serve or worker).',
  );
}
