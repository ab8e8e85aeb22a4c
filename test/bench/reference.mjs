// `npm run bench:reference`: the reference job (1,572,030 records, 30 days, 6 devices), ours and the Python peers in
// turn, and the table of goals. Minutes, not seconds; run it on a machine that does nothing else.
//   node test/bench/reference.mjs [--export FILE] [--rounds 3] [--spacings compact,indented] [--peers pandas,fast]
//     [--dir DIR] [--growth] [--growth-factor 10] [--entries N] [--json] [--write-docs]
// --entries makes a smaller job of the same density, to try the script. Everything is written below --dir (or the
// system's directory for temporary files) and removed at the end; --growth needs about 10 GB there.
import { chmodSync, createReadStream, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/ensure.mjs';
import { indent, REFERENCE, writeExport } from './lib/exports.mjs';
import { forestBench } from './lib/forest.mjs';
import { growth } from './lib/growth.mjs';
import { Installation } from './lib/ours.mjs';
import { lastJson, measureOrThrow } from './lib/processes.mjs';
import { peer, python, pythonEnv } from './lib/python.mjs';
import { referenceMarkdown } from './lib/reference-report.mjs';
import { commit, machine, median, pairedRatio, writeIntoDocs } from './lib/report.mjs';

const { values: options } = parseArgs({
  options: {
    export: { type: 'string' },
    entries: { type: 'string', default: String(REFERENCE.entries) },
    rounds: { type: 'string', default: '3' },
    spacings: { type: 'string', default: 'compact,indented' },
    peers: { type: 'string', default: 'pandas,fast' },
    dir: { type: 'string', default: tmpdir() },
    growth: { type: 'boolean', default: false },
    'growth-factor': { type: 'string', default: '10' },
    'forest-rows': { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const entries = Number(options.entries);
const job = {
  ...REFERENCE,
  entries,
  days: Math.max(2, Math.round((REFERENCE.days * entries) / REFERENCE.entries)),
};
const say = (text) => console.error(`> ${new Date().toISOString().slice(11, 19)} ${text}`);

ensureBuilt();
mkdirSync(options.dir, { recursive: true });
const directory = mkdtempSync(join(options.dir, 'mcp-training-bench-'));
// Passable for the user as which the embedded database runs when this runs as root.
chmodSync(directory, 0o755);
const installation = new Installation(directory);
const result = {
  command: commandLine(),
  date: new Date().toISOString().slice(0, 10),
  commit: commit(),
  machine: machine(),
  job,
  given: options.export === undefined ? null : basename(options.export),
  first_start_s: null,
  spacings: {},
  forest: {},
  growth: null,
};
try {
  result.first_start_s = await installation.prepare();
  const files = await exports();
  for (const [spacing, file] of Object.entries(files)) {
    result.spacings[spacing] = await trainings(spacing, file);
    if (!options.export || spacing !== 'compact') rmSync(file, { force: true });
  }
  const rows = Number(options['forest-rows']);
  say('Forest');
  result.forest.small = await forestBench(directory, {
    rows: Math.min(8640, rows),
    maxSamples: 256,
    rounds,
    repeats: 5,
  });
  result.forest.large = await forestBench(directory, { rows, maxSamples: 256, rounds, repeats: 2 });
  result.forest.full = await forestBench(directory, { rows, maxSamples: 'all', rounds, repeats: 1 });
  if (options.growth) {
    const factor = Number(options['growth-factor']);
    result.growth = await growth({ installation, directory, job, factor, rounds: Math.min(2, rounds), say });
  }
} finally {
  await installation.stopDatabase().catch(() => undefined);
  rmSync(directory, { recursive: true, force: true });
}
result.machine.load_after = machine().load_before;
const markdown = referenceMarkdown(result);
if (options['write-docs']) writeIntoDocs('reference', markdown);
console.log(options.json ? JSON.stringify(result) : markdown);
if (options.json) console.error(`\n${markdown}`);

/** As typed, without the places of this machine. */
function commandLine() {
  const args = process.argv.slice(2).filter((arg, i, all) => arg !== '--dir' && all[i - 1] !== '--dir');
  const shown = args.map((arg) => (arg.includes('/') ? basename(arg) : arg));
  return ['npm run bench:reference', ...(shown.length > 0 ? ['--', ...shown] : [])].join(' ');
}

/** The wanted spacings of the job, by name. */
async function exports() {
  const wanted = options.spacings.split(',');
  const compact = options.export ? resolve(options.export) : join(directory, 'export.json');
  if (!options.export) {
    say(`Writing ${entries} records of ${job.days} days`);
    await writeExport(compact, job);
  }
  const files = {};
  if (wanted.includes('indented')) {
    say('Writing the same with indentation');
    files.indented = join(directory, 'indented.json');
    await indent(compact, files.indented);
  }
  if (wanted.includes('compact')) files.compact = compact;
  return files;
}

/** Ours with one and two threads and the peers, in turn, on one file. */
async function trainings(spacing, file) {
  const contestants = {
    ours_1: () => installation.train(file, 1),
    ours_2: () => installation.train(file, 2),
    ...pythonContestants(file),
  };
  await touch(file);
  const runs = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const { stdout, stderr, ...figures } = await run();
      const steps = name.startsWith('ours') ? undefined : lastJson(stdout).steps;
      runs[name].push({ ...figures, steps });
      say(`${spacing}, round ${round}, ${name}: ${figures.wall_s} s, ${figures.peak_rss_mb} MB`);
    }
  }
  const wall = (name) => runs[name]?.map((run) => run.wall_s) ?? [];
  const cpu = (name) => runs[name]?.map((run) => run.cpu_s) ?? [];
  return {
    bytes: statSync(file).size,
    runs,
    wall_s: Object.fromEntries(Object.keys(runs).map((name) => [name, median(wall(name))])),
    cpu_s: Object.fromEntries(
      Object.keys(runs).map((name) => [name, median(runs[name].map((run) => run.cpu_s))]),
    ),
    peak_rss_mb: Object.fromEntries(
      Object.entries(runs).map(([name, list]) => [name, Math.max(...list.map((run) => run.peak_rss_mb))]),
    ),
    ratios: {
      pandas_ours_1: pairedRatio(wall('pandas'), wall('ours_1')),
      pandas_ours_2: pairedRatio(wall('pandas'), wall('ours_2')),
      fast_1_ours_1: pairedRatio(wall('fast_1'), wall('ours_1')),
      fast_2_ours_2: pairedRatio(wall('fast_2'), wall('ours_2')),
      // Says what the walls would say if nothing else ran on the machine.
      cpu_pandas_ours_1: pairedRatio(cpu('pandas'), cpu('ours_1')),
      cpu_fast_1_ours_1: pairedRatio(cpu('fast_1'), cpu('ours_1')),
    },
    registered: [...runs.ours_1, ...runs.ours_2].every((run) => run.registered),
  };
}

function pythonContestants(file) {
  const wanted = options.peers.split(',');
  const run = (script, threads) => () =>
    measureOrThrow(
      python,
      [script, file, '--threads', String(threads), '--model', join(directory, 'peer.joblib')],
      { env: pythonEnv(threads) },
    );
  const pandas = wanted.includes('pandas') ? peer('pandas_sklearn') : null;
  const fast = wanted.includes('fast') ? peer('fast_python') : null;
  return {
    ...(pandas === null ? {} : { pandas: run(pandas, 1) }),
    ...(fast === null ? {} : { fast_1: run(fast, 1), fast_2: run(fast, 2) }),
  };
}

/** Reads the file once, so that every contestant finds it in the page cache. */
async function touch(file) {
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 22 })) void chunk;
}
