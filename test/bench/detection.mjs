// `npm run bench:detection`: how many planted attacks the shipped configurations find, and at what price. Months of logs
// with labelled episodes are generated, a model is trained without labels on the first 40 % of each, and the rest is
// counted as docs/detection.md says. The labels judge; nothing is fitted or chosen with them.
//   node test/bench/detection.mjs [--seeds 9001,9002,9003] [--entries 400000] [--days 30] [--generator FILE] [--dir DIR]
//     [--setups default,detection] [--json] [--write-docs]
// The generator needs Python 3 (MCP_TRAINING_PYTHON, else python3). Everything is written below --dir and removed at the end.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/ensure.mjs';
import { detectionMarkdown } from './lib/detection-report.mjs';
import { Installation } from './lib/ours.mjs';
import { measureOrThrow } from './lib/processes.mjs';
import { python } from './lib/python.mjs';
import { commit, machine, writeIntoDocs } from './lib/report.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Configurations by name: what is put on the command line. */
const SETUPS = {
  default: { title: 'shipped default', args: [] },
  detection: {
    title: 'config/presets/detection.yaml',
    args: ['--config', join(root, 'config', 'presets', 'detection.yaml')],
  },
};
/** The first 40 % of the time span trains, the rest (less a gap of one window) judges. */
const SPLIT = { training: { test_size: 0.6, validation_size: 0 }, evaluation: { cross_validation: false } };

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '9001,9002,9003' },
    entries: { type: 'string', default: '400000' },
    days: { type: 'string', default: '30' },
    generator: {
      type: 'string',
      default: join(root, '..', 'shared', 'data', 'wifi', 'generate_export.py'),
    },
    setups: { type: 'string', default: 'default,detection' },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
  },
});
const say = (text) => console.error(`> ${new Date().toISOString().slice(11, 19)} ${text}`);

if (!existsSync(options.generator)) {
  console.error(`The generator ${options.generator} does not exist. Name it with --generator FILE.`);
  process.exit(2);
}
const setups = options.setups.split(',');
const unknown = setups.find((name) => SETUPS[name] === undefined);
if (unknown !== undefined) {
  console.error(`--setups: "${unknown}" is not one of ${Object.keys(SETUPS).join(', ')}.`);
  process.exit(2);
}

ensureBuilt();
mkdirSync(options.dir, { recursive: true });
const directory = mkdtempSync(join(options.dir, 'mcp-training-detection-'));
// Passable for the user as which the embedded database runs when this runs as root.
chmodSync(directory, 0o755);
const installation = new Installation(directory);
const months = [];
try {
  for (const seed of options.seeds.split(',').map(Number)) months.push(await month(seed));
} finally {
  await installation.stopDatabase().catch(() => undefined);
  rmSync(directory, { recursive: true, force: true });
}
const result = {
  command: ['npm run bench:detection', ...shownArguments()].join(' '),
  date: new Date().toISOString().slice(0, 10),
  commit: commit(),
  machine: machine(),
  entries: Number(options.entries),
  days: Number(options.days),
  setups: setups.map((name) => ({ name, title: SETUPS[name].title })),
  months,
};
const markdown = detectionMarkdown(result);
if (options['write-docs']) writeIntoDocs('detection', markdown, 'detection.md');
console.log(options.json ? JSON.stringify(result) : markdown);

function shownArguments() {
  const shown = Object.entries({ seeds: '9001,9002,9003', entries: '400000', days: '30' }).flatMap(
    ([name, usual]) => (options[name] === usual ? [] : [`--${name} ${options[name]}`]),
  );
  return shown.length === 0 ? [] : ['--', ...shown];
}

/** One generated month, judged under every setup. */
async function month(seed) {
  const file = join(directory, `month-${seed}.ndjson`);
  const labels = join(directory, `labels-${seed}.json`);
  say(`Writing the month of seed ${seed}`);
  const { entries, days } = options;
  const size = ['--entries', entries, '--days', days, '--seed', String(seed), '--format', 'ndjson'];
  const generator = resolve(options.generator);
  await measureOrThrow(python, [generator, '--out', file, '--labels', labels, ...size], { cwd: directory });
  const setupResults = {};
  for (const name of setups) {
    say(`Seed ${seed}: ${SETUPS[name].title}`);
    setupResults[name] = await judged(file, labels, SETUPS[name].args);
  }
  rmSync(file);
  return { seed, setups: setupResults };
}

async function judged(file, labels, args) {
  const overrides = ['--config-overrides', JSON.stringify(SPLIT)];
  const run = await installation.run(
    'train',
    file,
    '--labels',
    labels,
    ...args,
    ...overrides,
    '--quiet',
    '--json',
  );
  const report = JSON.parse(run.stdout);
  const { basic_metrics: metrics, episodes } = report.ground_truth;
  return {
    label_source: report.ground_truth.label_source,
    average_precision: metrics.average_precision,
    roc_auc: metrics.roc_auc,
    ...episodes,
    devices: report.devices ?? null,
    alerts_per_day_per_device: report.label_free.alerts_per_day_per_device,
    gate_passed: report.gate.passed,
    gate_failed_checks: report.gate.checks.filter(({ passed }) => !passed).map(({ id }) => id),
    train_seconds: run.wall_s,
  };
}
