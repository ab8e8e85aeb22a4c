import type { Command } from 'commander';

/** What runs when the verb is given; its module is loaded then. */
type Run = (...input: unknown[]) => Promise<void>;

export interface ScheduleVerbs {
  readonly create: Run;
  readonly update: Run;
  readonly list: Run;
  readonly delete: Run;
  readonly run: Run;
  readonly pause: Run;
  readonly resume: Run;
}

const settings = (command: Command): Command =>
  command
    .option('--cron <fields>', 'minute, hour, day of the month, month, day of the week ("0 3 * * *")')
    .option('--timezone <zone>', 'IANA time zone of the cron expression (default: UTC)')
    .option(
      '--source <source>',
      'newest (export), directory:DIR (below the exports directory) or log-entries:DAYS',
    )
    .option('--programs <list>', 'with log-entries: only these programs, comma-separated; "*" = all')
    .option('--model <name>', 'model name (default: wifi)')
    .option('--config-overrides <json>', 'JSON object that overrides the configuration of its trainings')
    .option('--deploy', 'deploy each model that passes its gate')
    .option('--no-deploy', 'do not (default)')
    .option('--condition <condition>', 'always (default), or new_data: only when enough is new')
    .option('--min-new-records <n>', 'with new_data: lines newer than those of the training before, or none')
    .option('--min-new-windows <n>', 'with new_data and exports: windows with such lines, or none')
    .option('--catch-up <policy>', 'ticks that nobody was there for: run_once (default) or skip')
    .option('--dry-run', 'check everything, change nothing');

const WHICH = 'name or id of the schedule';

/** `schedule` and its verbs. */
export function addScheduleVerbs(schedule: Command, verbs: ScheduleVerbs): void {
  settings(
    schedule
      .command('create')
      .description('train again and again; prints the next three ticks')
      .requiredOption('--name <name>', 'what to call it'),
  )
    .option('--paused', 'make it, but let it not run yet')
    .action(verbs.create);
  settings(
    schedule
      .command('update')
      .description('change a schedule; what is left out stays')
      .argument('<schedule>', WHICH)
      .option('--name <name>', 'another name'),
  ).action(verbs.update);
  schedule
    .command('list')
    .description('list schedules with their next and last ticks, newest first')
    .action(verbs.list);
  schedule
    .command('delete')
    .description('delete a schedule; its trainings and models stay')
    .argument('<schedule>', WHICH)
    .option('--dry-run', 'say what would be deleted')
    .action(verbs.delete);
  schedule
    .command('run')
    .description('queue a training of it now, whatever is new')
    .argument('<schedule>', WHICH)
    .action(verbs.run);
  schedule
    .command('pause')
    .description('no ticks until it is resumed')
    .argument('<schedule>', WHICH)
    .action(verbs.pause);
  schedule
    .command('resume')
    .description('go on with the next tick')
    .argument('<schedule>', WHICH)
    .action(verbs.resume);
}
