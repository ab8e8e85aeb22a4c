// Tries the compiled record scanner against its twin on random and damaged files, for as long as one likes:
//   npx vite-node test/bench/fuzz-scan.ts [seconds = 60] [first seed = 1]
// Files that made the scanner stop for a new mixture of reasons are kept and damaged further. The memory regions of the
// others are watched for stray writes.
import { Choices, mutate, randomExport } from '../support/random-exports.js';
import { ScanBench, type Scanned } from '../support/scan-fixtures.js';
import { MEMORY_LAYOUT } from '../../src/export/core/ingest-memory.js';

const seconds = Number(process.argv[2] ?? 60);
const firstSeed = Number(process.argv[3] ?? 1);
const GUARD = 0xa5;
const KEPT = 400;

const both = new ScanBench(true);
const twin = new ScanBench(false);
const { bytes } = both;
/** Regions that neither the scanner nor the parser may touch. */
const guarded = [
  [MEMORY_LAYOUT.classifyStatic, MEMORY_LAYOUT.scanTables],
  [MEMORY_LAYOUT.classifyTables, MEMORY_LAYOUT.input],
  [MEMORY_LAYOUT.input + (4 << 20) + 1024, MEMORY_LAYOUT.arena],
  [MEMORY_LAYOUT.arena + (2 << 20) + 16, MEMORY_LAYOUT.records],
  [MEMORY_LAYOUT.events, MEMORY_LAYOUT.end],
] as const;

function guardsHold(): boolean {
  return guarded.every(([start, end]) => bytes.subarray(start, end).every((byte) => byte === GUARD));
}

const now = (): number => performance.now() / 1000;
const text = ({ rows, said, outcome, names }: Scanned): string =>
  JSON.stringify([rows, said, outcome, names]);
const damage = new Choices(firstSeed + 77);
const kept: Uint8Array[] = [];
const seen = new Set<string>();
let records = 0;
let files = 0;
let problems = 0;

for (const [start, end] of guarded) bytes.fill(GUARD, start, end);
const until = now() + seconds;
for (let seed = firstSeed; now() < until && problems < 5; seed++) {
  const random = randomExport(seed);
  const { chunks, limits } = random;
  const further = kept.length > 0 && damage.chance(40);
  const file = further ? mutate(damage, damage.of(kept).slice()) : random.bytes;
  const stopsBefore = new Map(both.stops);
  const actual = both.read(file, chunks, { limits });
  const expected = twin.read(file, chunks, { limits });
  files++;
  records += expected.rows.length + expected.said.length;
  if (text(actual) !== text(expected)) {
    problems++;
    console.log(`seed ${seed}${further ? ' (damaged further)' : ''} differs`);
    console.log(text(actual).slice(0, 1500));
    console.log(text(expected).slice(0, 1500));
  }
  const stops = [...both.stops].map(([stop, count]) => [
    stop,
    Math.min(count - (stopsBefore.get(stop) ?? 0), 3),
  ]);
  const signature = JSON.stringify([stops, expected.said.map(([, what]) => what).slice(0, 6)]);
  if (!seen.has(signature)) {
    seen.add(signature);
    if (kept.length < KEPT) kept.push(file);
    else kept[damage.below(KEPT)] = file;
  }
  if (files % 500 === 0 && !guardsHold()) {
    problems++;
    console.log(`seed ${seed}: a byte outside of the scanner's regions has changed`);
  }
}
if (!guardsHold()) problems++;
console.log(
  `${files} files, ${records} records, ${both.compiledRows} rows by the compiled scanner, ${seen.size} mixtures of findings, ${problems} problems`,
);
console.log('stops by reason:', Object.fromEntries(both.stops));
process.exitCode = problems === 0 ? 0 : 1;
