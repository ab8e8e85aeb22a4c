// `npm run bench`: every stage on a small export in less than a minute, each figure with a ratio to a peer of the same
// run. Ratios, not seconds, can be compared between machines. For the reference job: bench:reference.
//   node test/bench/quick.mjs [--json] [--entries 150000] [--rounds 2] [--formats json,csv] [--no-train]
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/ensure.mjs';
import { gzip, writeExport } from './lib/exports.mjs';
import { forestBench } from './lib/forest.mjs';
import { Installation } from './lib/ours.mjs';
import { lastJson, measureOrThrow, round } from './lib/processes.mjs';
import { peer, python, pythonEnv } from './lib/python.mjs';
import {
  commit,
  machine,
  markdownTable,
  median,
  megabytes,
  pairedRatio,
  seconds,
  times,
} from './lib/report.mjs';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    entries: { type: 'string', default: '150000' },
    rounds: { type: 'string', default: '2' },
    train: { type: 'boolean', default: true },
    formats: { type: 'string', default: 'json,ndjson,csv,json.gz' },
    dir: { type: 'string', default: tmpdir() },
  },
  allowNegative: true,
});
const entries = Number(options.entries);
const rounds = Number(options.rounds);
const DEVICES = 6;
/** As many lines a window as the reference job has. */
const days = Math.max(2, Math.round((30 * entries) / 1_572_030));
const inProcess = fileURLToPath(new URL('lib/in-process.mjs', import.meta.url));
const jsonParse = fileURLToPath(new URL('peers/json_parse.mjs', import.meta.url));
const say = (text) => console.error(`> ${text}`);

ensureBuilt();
mkdirSync(options.dir, { recursive: true });
const directory = mkdtempSync(join(options.dir, 'mcp-training-bench-'));
// Passable for the user as which the embedded database runs when this runs as root.
chmodSync(directory, 0o755);
const installation = new Installation(directory);
const result = { commit: commit(), machine: machine(), entries, days, ingest: [], forest: null, train: null };
try {
  result.ingest = await ingest();
  say('Forest: fit, score, one row');
  result.forest = await forestBench(directory, { rows: 8640, maxSamples: 256, rounds, repeats: 3 });
  if (options.train) result.train = await train();
} finally {
  await installation.stopDatabase().catch(() => undefined);
  rmSync(directory, { recursive: true, force: true });
}
console.log(options.json ? JSON.stringify(result) : markdown());

async function ingest() {
  say(`Writing exports of ${entries} records`);
  const measured = [];
  for (const format of options.formats.split(',')) {
    const file = join(directory, `export.${format}`);
    await writeAs(format, file);
    say(`Ingest: ${format}`);
    measured.push(await ingestOf(format, file));
    rmSync(file);
  }
  return measured;
}

async function writeAs(format, file) {
  const compressed = format.endsWith('.gz');
  const plain = compressed ? `${file}.plain` : file;
  await writeExport(plain, { format: format.split('.')[0], entries, days, devices: DEVICES });
  if (!compressed) return;
  await gzip(plain, file);
  rmSync(plain);
}

/** Ours and one JSON.parse a record, in turn; both without the start of the process. */
async function ingestOf(format, file) {
  const ours = [];
  const peers = [];
  for (let i = 0; i < rounds; i++) {
    const run = await measureOrThrow(process.execPath, [inProcess, 'ingest', file, '1']);
    ours.push({ ...lastJson(run.stdout), peak_rss_mb: run.peak_rss_mb });
    const other = await measureOrThrow(process.execPath, [jsonParse, file]);
    peers.push({ ...lastJson(other.stdout), peak_rss_mb: other.peak_rss_mb });
  }
  if (ours[0].records !== entries || peers[0].records !== entries) {
    throw new Error(
      `${format}: ${ours[0].records} and ${peers[0].records} records read, ${entries} written.`,
    );
  }
  const wall = median(ours.map((run) => run.wall_s));
  const bytes = statSync(file).size;
  return {
    format,
    bytes,
    wall_s: round(wall, 3),
    records_per_s: Math.round(entries / wall),
    mb_per_s: round(bytes / 1e6 / wall, 1),
    peak_rss_mb: Math.max(...ours.map((run) => run.peak_rss_mb)),
    json_parse_s: round(median(peers.map((run) => run.wall_s)), 3),
    ratio: pairedRatio(
      peers.map((run) => run.wall_s),
      ours.map((run) => run.wall_s),
    ),
  };
}

async function train() {
  say('Train, end to end');
  const file = join(directory, 'export.json');
  await writeAs('json', file);
  const script = peer('pandas_sklearn');
  await installation.prepare();
  const ours = [];
  const peers = [];
  for (let i = 0; i < rounds; i++) {
    ours.push(await installation.train(file, 1));
    if (script !== null && i < 2)
      peers.push(
        await measureOrThrow(python, [script, file, '--model', join(directory, 'peer.joblib')], {
          env: pythonEnv(),
        }),
      );
  }
  const wall = (runs) => runs.map((run) => run.wall_s);
  return {
    wall_s: median(wall(ours)),
    peak_rss_mb: Math.max(...ours.map((run) => run.peak_rss_mb)),
    registered: ours.every((run) => run.registered),
    pandas_s: peers.length > 0 ? median(wall(peers)) : null,
    pandas_peak_rss_mb: peers.length > 0 ? Math.max(...peers.map((run) => run.peak_rss_mb)) : null,
    ratio: peers.length > 0 ? pairedRatio(wall(peers), wall(ours)) : null,
  };
}

function markdown() {
  const { forest, train: whole } = result;
  const read = result.ingest.map((row) => [
    row.format,
    seconds(row.wall_s),
    `${Math.round(row.records_per_s / 1000)} k/s`,
    `${row.mb_per_s} MB/s`,
    megabytes(row.peak_rss_mb),
    times(row.ratio),
  ]);
  const rest = [
    [
      'fit, 8,640 rows, 256 a tree',
      `${forest.fit_ms} ms`,
      forest.fit_sklearn_ms && `${forest.fit_sklearn_ms} ms`,
      times(forest.fit_ratio),
    ],
    [
      'score',
      `${Math.round(forest.score_rows_per_s / 1000)} k rows/s`,
      forest.score_sklearn_rows_per_s && `${Math.round(forest.score_sklearn_rows_per_s / 1000)} k rows/s`,
      times(forest.score_ratio),
    ],
    [
      'one row, p50 / p99',
      `${forest.one_row_p50_us} / ${forest.one_row_p99_us} us`,
      forest.one_row_sklearn_us && `${forest.one_row_sklearn_us} us`,
      times(forest.one_row_ratio),
    ],
  ];
  if (whole !== null) {
    rest.push(
      ['train, whole command', seconds(whole.wall_s), seconds(whole.pandas_s), times(whole.ratio)],
      [
        'train, peak memory',
        megabytes(whole.peak_rss_mb),
        megabytes(whole.pandas_peak_rss_mb),
        whole.pandas_peak_rss_mb && times(whole.pandas_peak_rss_mb / whole.peak_rss_mb),
      ],
    );
  }
  const { cpu, cores, node, load_before: load } = result.machine;
  return [
    `Commit ${result.commit}, ${cores} x ${cpu}, ${node}, load ${load} before; ${entries} records, ${days} days, 1 thread.`,
    markdownTable(['ingest', 'time', 'records', 'bytes', 'peak memory', 'vs JSON.parse a record'], read),
    markdownTable(['', 'ours', 'pandas / scikit-learn', 'ratio'], rest),
  ].join('\n\n');
}
