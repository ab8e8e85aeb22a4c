import { scheduleJson } from '../pipeline/schedules/schedule-json.js';
import { SchedulesService } from '../pipeline/schedules/schedules.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import type { Output } from './output.js';
import { scheduleTable } from './schedule-text.js';
import { withApplication } from './with-application.js';

const MOST = 1000;

export async function run(_: readonly string[], options: GlobalOptions, output: Output): Promise<void> {
  const views = await withApplication(configuration(options, output), options, ({ context }) =>
    context.get(SchedulesService).list({ limit: MOST }),
  );
  output.result({ items: views.map(scheduleJson) }, () => scheduleTable(views));
}
