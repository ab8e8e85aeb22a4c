import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildKernels } from '../../scripts/build-kernels.mjs';
import type { ForestKernelExports } from '../../src/training/core/forest/forest-engine.js';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const SOURCES = path('src/training/core/assembly/');
const WASM = path('dist/src/training/core/assembly/forest.wasm');

/** Makes instances of the compiled forest kernel as its source is now, each with a memory of its own. */
export async function forestKernels(): Promise<() => ForestKernelExports> {
  if (isStale()) await buildKernels();
  const module = new WebAssembly.Module(readFileSync(WASM));
  return () => new WebAssembly.Instance(module, {}).exports as unknown as ForestKernelExports;
}

function isStale(): boolean {
  if (!existsSync(WASM)) return true;
  const built = statSync(WASM).mtimeMs;
  return readdirSync(SOURCES).some((name) => statSync(SOURCES + name).mtimeMs > built);
}
