// Do the Python peers do our work? Compares the windows and the 27 columns of the `wifi` feature set that need nothing
// but their own window or time slot, value by value, with those of `extract-features` on the same export. The peers do
// not compute the features of context.
//   node test/bench/check-peers.mjs [--export FILE] [--entries 60000]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/ensure.mjs';
import { writeExport } from './lib/exports.mjs';
import { Installation } from './lib/ours.mjs';
import { measureOrThrow } from './lib/processes.mjs';
import { peer, python, pythonEnv } from './lib/python.mjs';

const { values: options } = parseArgs({
  options: { export: { type: 'string' }, entries: { type: 'string', default: '60000' } },
});
/** Our values are float32. */
const RELATIVE = 1e-6;

/** Column -> values, rows ordered by time and device as both sides write them. */
function columnsOf(file) {
  const [header, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  const cells = rows.map((row) => row.split(','));
  return new Map(header.split(',').map((name, i) => [name, cells.map((row) => row[i])]));
}

function differs(ours, theirs) {
  if (ours === theirs) return false;
  const [a, b] = [Number(ours), Number(theirs)];
  return (
    ours === '' || theirs === '' || !(Math.abs(a - b) <= RELATIVE * Math.max(1, Math.abs(a), Math.abs(b)))
  );
}

/** Number of cells that differ; prints the first of each column. */
function compare(name, ours, theirs) {
  let different = 0;
  for (const [column, values] of ours) {
    const others = theirs.get(column);
    if (others?.length !== values.length) {
      console.log(
        `${name}: ${column}: ${values.length} values of ours, ${others?.length ?? 'none'} of the peer`,
      );
      different += values.length;
      continue;
    }
    const rows = values.map((_, row) => row).filter((row) => differs(values[row], others[row]));
    different += rows.length;
    if (rows.length === 0) continue;
    const [row] = rows;
    const where = `device ${ours.get('device')[row]} at ${ours.get('start')[row]}`;
    console.log(
      `${name}: ${column}: ${rows.length} windows differ, first ${where}: ${values[row]} and ${others[row]}`,
    );
  }
  return different;
}

ensureBuilt();
const installation = new Installation(tmpdir());
const work = mkdtempSync(join(tmpdir(), 'mcp-training-peers-'));
try {
  const file = options.export ? resolve(options.export) : join(work, 'export.json');
  if (!options.export) await writeExport(file, { entries: Number(options.entries), days: 3, devices: 6 });
  const oursFile = join(work, 'ours.csv');
  await installation.run('extract-features', file, '--quiet', '--output', oursFile);
  const { FEATURE_CATALOGUE } = await import(
    new URL('../../dist/src/features/core/feature-catalogue.js', import.meta.url).href
  );
  const ofContext = ([name]) => FEATURE_CATALOGUE.get(name)?.evidence != null;
  const ours = new Map([...columnsOf(oursFile)].filter((column) => !ofContext(column)));
  for (const name of ['pandas_sklearn', 'fast_python']) {
    const script = peer(name);
    if (script === null) {
      process.exitCode = 1;
      continue;
    }
    const features = join(work, `${name}.csv`);
    const args = [script, file, '--features', features, '--model', join(work, 'model.joblib')];
    await measureOrThrow(python, args, { env: pythonEnv() });
    const different = compare(name, ours, columnsOf(features));
    const cells = ours.size * ours.get('start').length;
    console.log(`${name}: ${cells - different} of ${cells} cells equal`);
    if (different > 0) process.exitCode = 1;
  }
} finally {
  await installation.stopDatabase().catch(() => undefined);
  installation.remove();
  rmSync(work, { recursive: true, force: true });
}
