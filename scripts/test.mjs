// `npm test`: installs what is missing, builds, then lint, types, architecture rules and every test.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root, run } from './ensure.mjs';

ensureInstalled();
ensureBuilt();

const bin = (name, ...path) => join(root, 'node_modules', name, ...path);
const results = join(root, 'coverage', 'results.json');
rmSync(results, { force: true });

const checks = [
  ['types', bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.json'],
  ['types of the pure cores', bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.core.json'],
  ['types of the dashboard', bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'web/tsconfig.json'],
  ['lint', bin('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0'],
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
  [
    'unit, integration, end-to-end and browser tests',
    bin('vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...process.argv.slice(2),
  ],
];

const failed = [];
for (const [title, script, ...args] of checks) {
  console.log(`\n> ${title}`);
  if (run(process.execPath, [script, ...args]) !== 0) failed.push(title);
}

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
