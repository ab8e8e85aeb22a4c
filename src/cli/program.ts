import { Command, Option } from 'commander';
import { APP_VERSION } from '../platform/app-version.js';
import type { CommandState, GlobalOptions } from './command.js';
import { Output, outputOptions } from './output.js';
import { addScheduleVerbs } from './schedule-program.js';

/** What a verb's module exports: it is imported only when the verb runs, so that `--help` loads nothing else. */
type Verb<Options> = (
  args: readonly string[],
  options: Options & GlobalOptions,
  output: Output,
  state: CommandState,
) => Promise<void>;

/**
 * The table of contents of the command line. Nothing heavy is imported here: each action imports its verb.
 */
export function buildProgram(state: CommandState): Command {
  const program = new Command('mcp-training')
    .description('Turns WiFi router log exports into anomaly models: validate, train, deploy, score.')
    .version(APP_VERSION, '--version', 'print the version and exit')
    .helpOption('-h, --help', 'show this help')
    .showSuggestionAfterError(true)
    .showHelpAfterError('Run "mcp-training --help" for the list of commands.')
    // Options after a verb belong to the verb: `score --version V` is not the program's `--version`.
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addGlobalOptions(program);

  const action =
    <Options>(load: (options: Options & GlobalOptions) => Promise<{ run: Verb<Options> }>) =>
    async (...input: unknown[]): Promise<void> => {
      const command = input.at(-1) as Command;
      const options = command.optsWithGlobals<Options & GlobalOptions>();
      state.output = outputOptions(options);
      const { run } = await load(options);
      const args = command.processedArgs.flat().filter((arg): arg is string => typeof arg === 'string');
      await run(args, options, new Output(state.output), state);
    };
  addDataVerbs(program, action);
  addJudgingVerbs(program, action);
  addModelVerbs(program, action);
  addServiceVerbs(program, action);
  addSchedules(program, action);
  for (const verb of [program, ...program.commands].flatMap(({ commands }) => commands))
    addGlobalOptions(verb);
  return program;
}

function addGlobalOptions(command: Command): void {
  command
    .option('-c, --config <file>', 'YAML file that overrides the configuration')
    .option('-v, --verbose', 'more detail on stderr')
    .option('-q, --quiet', 'no progress and no remarks on stderr')
    .option('--json', 'print exactly one JSON document on stdout');
}

type Action = <Options>(
  load: (options: Options & GlobalOptions) => Promise<{ run: Verb<Options> }>,
) => (...input: unknown[]) => Promise<void>;

const dateRange = (command: Command): Command =>
  command
    .option('--start-date <date>', 'first day or moment, UTC (2024-01-01 or 2024-01-01T06:00:00)')
    .option('--end-date <date>', 'last day (inclusive) or moment, UTC')
    .option('--programs <list>', 'only these programs, comma-separated')
    .option('--config-overrides <json>', 'JSON object that overrides the configuration for this command')
    .option('--feature-set <name>', 'feature set (features.set)');

const EXPORTS =
  'exports (JSON, NDJSON or CSV, also .gz or .zst), directories of them, or "-" for standard input';

const LABELS = 'labels file (JSON or CSV of episodes): what really happened, for the evaluation only';

const LABEL_COLUMN = 'column of a feature table that holds labels, for the evaluation only';

const inputOption = (): Option =>
  new Option('--input <kind>', 'what the files are: log exports, or a feature table (CSV of numbers)')
    .choices(['logs', 'features'])
    .default('logs');

/** The thread that reads starts while the verb and the configuration are loaded, which takes as long. */
async function loadTrain({
  input,
}: {
  readonly input: string;
}): Promise<typeof import('./train.command.js')> {
  if (input === 'logs') {
    const { startAhead } = await import('../platform/compute/thread-task.js');
    startAhead('ingest');
  }
  return import('./train.command.js');
}

function addDataVerbs(program: Command, action: Action): void {
  dateRange(
    program
      .command('train')
      .description('train a model from log exports, or from lines of the log table, and register it')
      .argument('[paths...]', EXPORTS),
  )
    .option('--from-database', 'read the log table (database.table_name) instead; default: the last 30 days')
    .option('--model <name>', 'model name', 'wifi')
    .option('--output-dir <dir>', 'write an extra copy of the version below this directory')
    .option('--deploy', 'deploy the model when it passes its gate')
    .addOption(inputOption())
    .option('--label-column <name>', LABEL_COLUMN)
    .option('--labels <file>', LABELS)
    .action(action(loadTrain));
  dateRange(
    program
      .command('validate')
      .description('check log exports and say whether they can train a model')
      .argument('<paths...>', EXPORTS),
  )
    .addOption(inputOption())
    .option('--label-column <name>', LABEL_COLUMN)
    .action(action(() => import('./validate.command.js')));
  dateRange(
    program
      .command('extract-features')
      .description('write the feature windows of log exports as CSV or Parquet')
      .argument('<paths...>', EXPORTS),
  )
    .addOption(new Option('-o, --output <file>', 'file to write ("-" = stdout)').makeOptionMandatory())
    .addOption(
      new Option('--format <format>', 'default: parquet for a file named *.parquet, else csv').choices([
        'csv',
        'parquet',
      ]),
    )
    .action(action(() => import('./extract-features.command.js')));
  program
    .command('export-logs')
    .description('write lines of the log table (database.table_name) to a file')
    .option('--start-date <date>', 'first day or moment, UTC (default: 30 days before the end)')
    .option('--end-date <date>', 'last day (inclusive) or moment, UTC (default: now)')
    .option(
      '--programs <list>',
      'only these programs, comma-separated; "*" = all (default: database.wifi_programs)',
    )
    .requiredOption('--output-file <file>', 'file to write: .csv, .json or .ndjson ("-" = stdout)')
    .addOption(
      new Option('--format <format>', 'default: as the name of the file ends').choices([
        'csv',
        'json',
        'ndjson',
      ]),
    )
    .action(action(() => import('./export-logs.command.js')));
  dateRange(
    program
      .command('score')
      .description('score log exports with a registered model')
      .argument('<paths...>', EXPORTS),
  )
    .option('--model <name>', 'model name', 'wifi')
    .option('--version <version>', 'model version (default: the deployed one)')
    .option('--all', 'list every window, not only the flagged ones, in the text output')
    .option('--explain', 'say of each flagged window why, and show its log lines')
    .option('--top <n>', 'with --explain: features a window, 1 to 50 (default 5)')
    .option('--lines <n>', 'with --explain: log lines a window, 0 to 200 (default 20; 5 in the text output)')
    .action(action(() => import('./score.command.js')));
}

function addJudgingVerbs(program: Command, action: Action): void {
  dateRange(
    program
      .command('evaluate')
      .description('judge a registered model version on log exports; nothing is changed')
      .argument('<version>', 'model version')
      .argument('<paths...>', EXPORTS),
  )
    .option('--labels <file>', LABELS)
    .option('--label-column <name>', LABEL_COLUMN)
    .action(action(() => import('./evaluate.command.js')));
  dateRange(
    program
      .command('compare')
      .description('compare two model versions: on the windows of exports, or by their recorded reports')
      .argument('<a>', 'model version, for instance the deployed one')
      .argument('<b>', 'model version that might take its place')
      .argument('[paths...]', EXPORTS),
  )
    .option('--labels <file>', LABELS)
    .option('--label-column <name>', LABEL_COLUMN)
    .action(action(() => import('./compare.command.js')));
  dateRange(
    program
      .command('tune')
      .description('search for settings that rank better than those in use; trains and registers nothing')
      .argument('<paths...>', EXPORTS),
  )
    .option('--labels <file>', LABELS)
    .option('--budget <seconds>', 'begin no trial after that long', '300')
    .option('--trials <n>', 'at most so many trials (default: all)')
    .addOption(
      new Option('--search <order>', 'the grid in its order, or shuffled by the seed')
        .choices(['grid', 'random'])
        .default('random'),
    )
    .addOption(inputOption())
    .option('--label-column <name>', LABEL_COLUMN)
    .action(action(() => import('./tune.command.js')));
  dateRange(
    program
      .command('set-threshold')
      .description('register the same forest with another threshold as a version of its own')
      .argument('<version>', 'model version')
      .argument('<paths...>', EXPORTS),
  )
    .requiredOption('--policy <policy>', 'contamination, alert_budget or explicit')
    .requiredOption('--value <number>', 'share of the windows, alerts a day for each device, or score')
    .option('--labels <file>', LABELS)
    .option('--label-column <name>', LABEL_COLUMN)
    .action(action(() => import('./set-threshold.command.js')));
}

function addModelVerbs(program: Command, action: Action): void {
  program
    .command('list-models')
    .description('list the registered model versions, newest first')
    .option('--model <name>', 'only this model')
    .option('--status <status>', 'only versions with this status')
    .option('--tag <tag...>', 'only versions with this tag: a name, or name:value')
    .option('--search <text>', 'only versions with this text in name, type, feature set, notes or tags')
    .addOption(
      new Option('--sort <order>', 'order; a minus turns it round')
        .choices(['-created_at', 'created_at', '-version', 'version'])
        .default('-created_at'),
    )
    .option('--limit <n>', 'at most so many', '50')
    .action(action(() => import('./list-models.command.js')));
  program
    .command('show-model')
    .description('show one model version: metrics, gate, lineage, files')
    .argument('<version>', 'model version')
    .option('--card <file>', 'write its model card (an HTML page) to this file instead')
    .action(action(() => import('./show-model.command.js')));
  program
    .command('verify')
    .description('check the hashes of a model version, load it and recompute its golden scores')
    .argument('<version>', 'model version')
    .action(action(() => import('./verify.command.js')));
  program
    .command('rebuild')
    .description('train a model version again from its recorded inputs and compare the bytes')
    .argument('<version>', 'model version')
    .option('--input <files...>', 'the files it was trained on, when they are not where they were')
    .option('--inputs-dir <dir>', 'directory that holds them')
    .option('--config-overrides <json>', 'for this machine only, for instance {"training":{"n_jobs":1}}')
    .action(action(() => import('./rebuild.command.js')));
  program
    .command('deploy')
    .description('make a model version the one the consumer loads')
    .argument('<version>', 'model version')
    .option('--target <name>', 'deployment target of the configuration', 'default')
    .option('--dry-run', 'say what would change, change nothing')
    .action(action(() => import('./deploy.command.js')));
  program
    .command('rollback')
    .description('deploy an older version again, after verifying it')
    .option('--model <name>', 'model name', 'wifi')
    .requiredOption('--reason <text>', 'why; goes into the audit log')
    .option('--to <version>', 'version to go back to (default: the newest older one that was deployed)')
    .option('--target <name>', 'deployment target of the configuration', 'default')
    .option('--dry-run', 'say what would change, change nothing')
    .action(action(() => import('./rollback.command.js')));
  program
    .command('package')
    .description('write a model version as the archive the consumer imports')
    .argument('<version>', 'model version')
    .option('-o, --output <file>', 'file or directory to write (default: packages/ in the data directory)')
    .action(action(() => import('./package.command.js')));
  program
    .command('import-model')
    .description('take a package or an ONNX model from elsewhere as a version of ours')
    .argument('<file>', 'model_<version>_deployment.zip or model.onnx; a pickle is never read')
    .option('--model <name>', 'model name', 'wifi')
    .option('--evaluate <exports...>', 'exports to judge it on; without them it is registered as rejected')
    .option('--feature-set <name>', 'feature set of a bare ONNX model; a package tells its own')
    .action(action(() => import('./import-model.command.js')));
}

function addServiceVerbs(program: Command, action: Action): void {
  program
    .command('serve')
    .description('run the HTTP API with an in-process training worker')
    .option('--host <host>', 'address to listen on (api.host)')
    .option('--port <port>', 'port to listen on (api.port)')
    .action(action(() => import('./serve.command.js')));
  program
    .command('worker')
    .description('carry out queued trainings without HTTP; run as many as you like')
    .option('--concurrency <n>', 'trainings at a time, 1 to 64 (default: api.workers, at least 1)')
    .option('--health-port <port>', 'answer health probes on this port; 0 = any free one (default: none)')
    .option('--health-host <host>', 'address the probes listen on', '127.0.0.1')
    .action(action(() => import('./worker.command.js')));
  program
    .command('migrate')
    .description('bring the database schema up to date')
    .option('--check', 'only check: exit 6 if a migration is pending or the schema differs')
    .action(action(() => import('./migrate.command.js')));
  program
    .command('backup')
    .description('write database and models, as they are at one moment, into one archive')
    .requiredOption('-o, --output <file>', 'archive to write; must not be there yet')
    .option('--with-exports', 'the exports directory too')
    .option('--database-only', 'without the models')
    .action(action(() => import('./backup.command.js')));
  program
    .command('restore')
    .description('put a backup back into an empty database')
    .argument('<file>', 'archive that backup wrote')
    .option('--verify', 'afterwards load every version and check its golden scores')
    .option('--dry-run', 'only read the archive and check every hash')
    .option('--replace', 'replace what the database holds')
    .action(action(() => import('./restore.command.js')));
  program
    .command('audit')
    .description('show who changed what, when and why, newest first')
    .option('--entity <kind>', 'only this kind of thing: model_version, model_alias, api_key, ...')
    .option('--entity-id <id>', 'only this thing, such as a version')
    .option('--actor <name>', 'only what this person or key did')
    .option('--action <name>', 'only this action, such as deploy')
    .option('--since <moment>', 'only from this moment on, UTC')
    .option('--until <moment>', 'only before this moment, UTC')
    .option('--limit <n>', 'at most so many', '50')
    .action(action(() => import('./audit.command.js')));
  program
    .command('doctor')
    .description('settle what a crash left, then check registry, disk and database')
    .option('--prune', 'first delete old versions, as storage.keep_last_n_versions says')
    .option('--dry-run', 'with --prune: say what would be deleted, delete nothing')
    .action(action(() => import('./doctor.command.js')));
  addApiKeyVerbs(program.command('api-key').description('make, list or revoke keys to the HTTP API'), action);
  const config = program.command('config').description('show or check the configuration');
  config
    .command('print')
    .description('print the resolved configuration, secrets masked')
    .action(action(() => import('./config-print.command.js')));
  config
    .command('check')
    .description('check every configuration source')
    .action(action(() => import('./config-check.command.js')));
}

function addSchedules(program: Command, action: Action): void {
  addScheduleVerbs(program.command('schedule').description('make, list or change trainings that repeat'), {
    create: action(() => import('./schedule-create.command.js')),
    update: action(() => import('./schedule-update.command.js')),
    list: action(() => import('./schedule-list.command.js')),
    delete: action(() => import('./schedule-delete.command.js')),
    run: action(() => import('./schedule-run.command.js')),
    pause: action(() => import('./schedule-pause.command.js')),
    resume: action(() => import('./schedule-resume.command.js')),
  });
}

function addApiKeyVerbs(keys: Command, action: Action): void {
  keys
    .command('create')
    .description('make a key and print it, this once')
    .requiredOption('--name <name>', 'who or what uses it; shown in the list and the audit log')
    .requiredOption('--scope <list>', 'read, train, deploy, admin; comma-separated')
    .option('--expires <when>', 'a duration (12h, 90d, 4w) or a date, UTC (default: never)')
    .action(action(() => import('./api-key-create.command.js')));
  keys
    .command('list')
    .description('list all keys, newest first; the keys themselves are not kept')
    .action(action(() => import('./api-key-list.command.js')));
  keys
    .command('revoke')
    .description('make a key useless, from the next request on')
    .argument('<id or prefix>', 'id or prefix of the key')
    .option('--reason <text>', 'why; goes into the audit log')
    .action(action(() => import('./api-key-revoke.command.js')));
}

const EXAMPLES = `
Examples:
  mcp-training validate exports/export_20240101.json
  mcp-training train exports/export_20240101.json --model wifi --deploy
  mcp-training score exports/new.json --json
  mcp-training list-models

Exit codes:
  0 done   1 unexpected failure   2 wrong usage or configuration   3 input not valid for training
  4 model rejected by its gate   5 no such model, run or file   6 integrity check failed   130 interrupted`;
