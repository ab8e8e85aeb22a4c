import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildKernels } from '../../scripts/build-kernels.mjs';
import type { ScoreKernelExports } from '../../src/training/core/forest/score-kernel.js';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const SOURCES = path('src/training/core/assembly/');
const WASM = path('dist/src/training/core/assembly/forest.wasm');

/** The compiled forest kernel as its source is now: a new instance with a memory of its own. */
export async function forestKernel(): Promise<ScoreKernelExports> {
  if (isStale()) await buildKernels();
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(WASM)), {});
  return instance.exports as unknown as ScoreKernelExports;
}

function isStale(): boolean {
  if (!existsSync(WASM)) return true;
  const built = statSync(WASM).mtimeMs;
  return readdirSync(SOURCES).some((name) => statSync(SOURCES + name).mtimeMs > built);
}
