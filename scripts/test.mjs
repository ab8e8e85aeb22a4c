// `npm test`: installs what is missing, builds, then lint, types, architecture rules and every test.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root, run, runQuietly } from './ensure.mjs';

ensureInstalled();
ensureBuilt();

const bin = (name, ...path) => join(root, 'node_modules', name, ...path);
const results = join(root, 'coverage', 'results.json');
rmSync(results, { force: true });

// Longest first: two run at a time.
const checks = [
  ['lint', bin('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0'],
  ['types', bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.json'],
  ['types of the pure cores', bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.core.json'],
  ['types of the dashboard', bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'web/tsconfig.json'],
  ['format', bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.'],
  [
    'architecture rules',
    bin('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
    'src',
    'migrations',
    'web/src',
    '--config',
    '.dependency-cruiser.mjs',
  ],
];

const failed = [];
const waiting = [...checks];

/** Runs one check after the other; what one says stands together. */
async function lane() {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const [title, script, ...args] = check;
    const { status, output } = await runQuietly(process.execPath, [script, ...args]);
    console.log(`\n> ${title}\n${output}`.trimEnd());
    if (status !== 0) failed.push(title);
  }
}
await Promise.all([lane(), lane()]);

const tests = 'unit, integration, end-to-end and browser tests';
console.log(`\n> ${tests}`);
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
const vitest = [bin('vitest', 'vitest.mjs'), 'run', ...reporters, ...process.argv.slice(2)];
if (run(process.execPath, vitest) !== 0) failed.push(tests);

let counts = { passed: 0, failed: 0, skipped: 0 };
try {
  const report = JSON.parse(readFileSync(results, 'utf8'));
  counts = { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests };
} catch {
  if (failed.length === 0) failed.push('test report');
}
if (failed.length > 0) console.log(`\nNot passed: ${failed.join(', ')}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = failed.length === 0 ? 0 : 1;
