import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The smallest module that uses a SIMD instruction: (func (result v128) (v128.const 0)).
const SIMD_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x16, 0x01, 0x14, 0x00, 0xfd, 0x0c],
  ...new Array<number>(16).fill(0),
  0x0b,
);

/** Memory that kernels can share, of a size that never changes; null where kernels cannot run. */
export function wasmMemory(pages: number): WebAssembly.Memory | null {
  return WebAssembly.validate(SIMD_PROBE) ? new WebAssembly.Memory({ initial: pages, maximum: pages }) : null;
}

/**
 * Loads a compiled kernel that was built beside its core. null where there is none to run (sources without a build, a
 * processor or flag without SIMD): the caller then uses the kernel's TypeScript twin, which gives the same result.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names what the module exports
export function loadKernel<Exports>(
  stage: string,
  name: string,
  imports: WebAssembly.Imports = {},
): Exports | null {
  if (!WebAssembly.validate(SIMD_PROBE)) return null;
  const file = fileURLToPath(new URL(`../../${stage}/core/assembly/${name}.wasm`, import.meta.url));
  if (!existsSync(file)) return null;
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), imports).exports as Exports;
}
