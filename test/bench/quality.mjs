// `npm run bench:quality`: how well the forest finds the anomalies of labelled data sets. Ours on the rows it was
// fitted on, 100 trees of 256 rows, no scaling, seeds 0, 1, 2...
//   node test/bench/quality.mjs [--data DIR] [--seeds 10] [--sets NAME,NAME] [--sklearn] [--json] [--write-docs]
// DIR has an index.json and CSV files (docs/benchmarks.md). --json: stdout is one JSON array, one entry a set; all else
// goes to stderr. Exit code 1: the mean AUC of a set is outside of its accepted band. 2: wrong options or data.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/ensure.mjs';
import { forestQuality, sklearnQuality } from './lib/forest-quality.mjs';
import { InputError, readIndex, readSet } from './lib/labelled-sets.mjs';
import { BAND_SEEDS, comparisonTable, inBand, summaryTable } from './lib/quality-report.mjs';
import { commit, machine, writeIntoDocs } from './lib/report.mjs';

const BESIDE = fileURLToPath(new URL('../../../shared/data/benchmarks', import.meta.url));
const MOST_SEEDS = 1000;
const say = (text) => console.error(`> ${text}`);

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        data: { type: 'string', default: BESIDE },
        seeds: { type: 'string', default: String(BAND_SEEDS) },
        sets: { type: 'string' },
        sklearn: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'write-docs': { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new InputError(error.message);
  }
  const seeds = /^\d+$/.test(values.seeds) ? Number(values.seeds) : 0;
  if (seeds < 1 || seeds > MOST_SEEDS) {
    throw new InputError(`--seeds is "${values.seeds}", expected a whole number from 1 to ${MOST_SEEDS}.`);
  }
  if (values.data === '') throw new InputError('--data is empty, expected a folder with an index.json.');
  const directory = resolve(values.data);
  return { ...values, seeds, directory, chosen: chosenSets(readIndex(directory), values.sets) };
}

function chosenSets(sets, wanted) {
  if (wanted === undefined) return sets;
  return wanted.split(',').map((name) => {
    const set = sets.find((one) => one.name === name);
    if (set === undefined) {
      throw new InputError(
        `--sets: "${name}" is not in the index, which has ${sets.map((one) => one.name).join(', ')}.`,
      );
    }
    return set;
  });
}

async function measureSet(set, { directory, seeds, sklearn }, scratch) {
  const rows = readSet(directory, set);
  if (!rows.isSameFile) {
    say(`WARNING: ${set.file} is not the file of the index (sha256); its accepted band is not applied.`);
  }
  const { n, d, isSameFile } = rows;
  const result = { name: set.name, n, d, ...(await forestQuality(rows, seeds)) };
  const found = {
    set,
    result,
    isSameFile,
    share: rows.anomalies / n,
    sklearn: sklearn ? await sklearnQuality(scratch, rows, seeds) : null,
  };
  const band = inBand({ set, result, isSameFile });
  say(
    `${set.name}: AUC ${result.auc_mean.toFixed(4)}, AP ${result.ap_mean.toFixed(4)}${band === 'no' ? ', NOT in the band' : ''}`,
  );
  return { ...found, band };
}

async function main() {
  const options = readOptions();
  ensureBuilt();
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-training-quality-'));
  const found = [];
  try {
    for (const set of options.chosen) found.push(await measureSet(set, options, scratch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  if (options['write-docs']) writeIntoDocs('quality', documentation(found, options));
  if (options.json) console.log(JSON.stringify(found.map(({ result }) => result)));
  else console.log(summaryTable(found));
  return verdict(found, options.seeds);
}

function bandSentence(found) {
  const judged = found.filter(({ band }) => band !== null);
  const inside = judged.filter(({ band }) => band === 'yes');
  return `${inside.length} of ${judged.length} sets lie in their accepted band.`;
}

/** @returns the exit code */
function verdict(found, seeds) {
  const judged = found.filter(({ band }) => band !== null);
  const outside = judged.filter(({ band }) => band === 'no');
  say(bandSentence(found));
  for (const { set, result } of outside) {
    const [low, high] = set.accept_band_10_seed_mean_auc;
    say(`NOT in the band: ${set.name}, mean AUC ${result.auc_mean}, accepted ${low} to ${high}.`);
  }
  if (outside.length === 0 || seeds === BAND_SEEDS) return outside.length === 0 ? 0 : 1;
  say(`The bands are for the mean of ${BAND_SEEDS} seeds, not of ${seeds}: no failure.`);
  return 0;
}

function documentation(found, { seeds, directory }) {
  const { cpu, node } = machine();
  return [
    `Commit ${commit()}, ${new Date().toISOString().slice(0, 10)}, ${cpu}, Node ${node}; folder \`${basename(directory)}\`, seeds 0 to ${seeds - 1}. ${bandSentence(found)}`,
    comparisonTable(found),
  ].join('\n\n');
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
