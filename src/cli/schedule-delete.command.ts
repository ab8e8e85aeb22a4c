import { SchedulesService } from '../pipeline/schedules/schedules.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { withApplication } from './with-application.js';

interface DeleteOptions extends GlobalOptions {
  readonly dryRun?: boolean;
}

export async function run(
  [reference]: readonly string[],
  options: DeleteOptions,
  output: Output,
): Promise<void> {
  const schedule = await withApplication(configuration(options, output), options, async ({ context }) => {
    const schedules = context.get(SchedulesService);
    const found = await schedules.find(reference);
    await schedules.remove(found.scheduleId, operator(), () => undefined, options.dryRun);
    return found;
  });
  const deleted = options.dryRun !== true;
  output.result({ schedule_id: schedule.scheduleId, name: schedule.name, deleted }, () =>
    deleted ? `Deleted ${schedule.name}; its trainings and models stay.` : `Would delete ${schedule.name}.`,
  );
}
