import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ScoreKernelExports } from '../../src/training/core/forest/score-kernel.js';

const WASM = fileURLToPath(new URL('../../dist/src/training/core/assembly/forest.wasm', import.meta.url));

/** The compiled forest kernel, a new instance with a memory of its own. */
export function forestKernel(): ScoreKernelExports {
  if (!existsSync(WASM))
    throw new Error('forest.wasm is missing: run "node scripts/build-kernels.mjs" first.');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(WASM)), {});
  return instance.exports as unknown as ScoreKernelExports;
}
