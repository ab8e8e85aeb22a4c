import { transformFile } from '@swc/core';
import { existsSync, statSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildBundle } from '../../scripts/build-bundle.mjs';
import { buildKernels } from '../../scripts/build-kernels.mjs';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Brings `dist` up to date before tests that start processes or threads: those run built entry points. Only files
 * newer than their output are compiled, and each output is replaced by a rename, so several test runs may do this at
 * once.
 */
export async function buildStale(): Promise<void> {
  let stale = !existsSync(join(ROOT, 'dist/bundle/cli.js'));
  for (const directory of ['src', 'migrations']) {
    for (const entry of await readdir(join(ROOT, directory), { recursive: true })) {
      if (entry.includes('core/assembly')) continue;
      const source = join(ROOT, directory, entry);
      const output = join(ROOT, 'dist', directory, entry.replace(/[.]ts$/, '.js'));
      if (!isStale(source, output)) continue;
      if (/[.](spec|d)[.]ts$/.test(entry)) continue;
      stale = true;
      if (/[.](wasm|py)$/.test(entry)) await replace(output, (file) => copyFile(source, file));
      else if (entry.endsWith('.ts')) await compile(source, output);
    }
  }
  await buildKernels();
  if (stale) await buildBundle();
}

function isStale(source: string, output: string): boolean {
  return !existsSync(output) || statSync(output).mtimeMs < statSync(source).mtimeMs;
}

async function compile(source: string, output: string): Promise<void> {
  const { code } = await transformFile(source, {
    cwd: ROOT,
    root: ROOT,
    configFile: join(ROOT, '.swcrc'),
    sourceMaps: false,
  });
  await replace(output, (file) => writeFile(file, code));
}

async function replace(output: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${output}.tmp-${process.pid}`;
  await mkdir(dirname(output), { recursive: true });
  await write(temporary);
  await rename(temporary, output);
}
