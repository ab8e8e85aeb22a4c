import { tickJson } from '../pipeline/schedules/schedule-json.js';
import { SchedulesService } from '../pipeline/schedules/schedules.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import type { Output } from './output.js';
import { tickText } from './schedule-text.js';
import { withApplication } from './with-application.js';

export async function run(
  [reference]: readonly string[],
  options: GlobalOptions,
  output: Output,
): Promise<void> {
  const interrupt = interruptSignal();
  try {
    const view = await withApplication(configuration(options, output), options, async ({ context }) => {
      const schedules = context.get(SchedulesService);
      return schedules.run(await schedules.find(reference), interrupt.signal);
    });
    output.result(tickJson(view), () => tickText(view));
    if (view.tick.status === 'started')
      output.note('The training is queued; a worker (mcp-training serve or worker) carries it out.');
  } finally {
    interrupt.release();
  }
}
