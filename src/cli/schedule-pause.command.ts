import type { GlobalOptions } from './command.js';
import type { Output } from './output.js';
import { setPaused } from './schedule-paused.js';

export async function run(
  [reference]: readonly string[],
  options: GlobalOptions,
  output: Output,
): Promise<void> {
  await setPaused(reference, true, options, output);
}
