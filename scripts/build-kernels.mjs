// Compiles the AssemblyScript kernels (src/<stage>/core/assembly/<name>.ts) to WebAssembly beside the built cores
// (dist/src/<stage>/core/assembly/<name>.wasm). Same sources, same compiler: same bytes. Finished modules are kept in
// node_modules/.cache, keyed by everything that goes in, because the rest of the build takes a second and this does not.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = 65_536;

/**
 * Kernels of the ingest share one imported memory (src/export/core/ingest-memory.ts): `memoryBase` is where their
 * static data lies, `pages` the size of that memory. A kernel without both has a memory of its own.
 */
const KERNELS = [
  { stage: 'export', name: 'scan', memoryBase: 1024, pages: 180 },
  { stage: 'features', name: 'classify', memoryBase: PAGE, pages: 180 },
  { stage: 'training', name: 'forest', memoryBase: null, pages: null },
];

const OPTIONS = ['-O3', '--converge', '--noAssert', '--enable', 'simd', '--runtime', 'stub'];

function optionsOf({ memoryBase, pages }) {
  const own = [...OPTIONS, '--use', 'abort='];
  if (memoryBase === null) return own;
  return [
    ...own,
    '--importMemory',
    '--memoryBase',
    String(memoryBase),
    '--initialMemory',
    String(pages),
    '--maximumMemory',
    String(pages),
  ];
}

function fingerprint(folder, options, compilerVersion) {
  const hash = createHash('sha256').update(JSON.stringify([options, compilerVersion]));
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith('.ts')) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 32);
}

async function compile(entry, outFile, options) {
  const { default: asc } = await import('assemblyscript/asc');
  // Paths relative to the project, so that no machine's path is compiled in.
  const { error, stderr } = await asc.main([entry, '-o', outFile, '--baseDir', root, ...options], {});
  if (error) throw new Error(`${entry} does not compile.\n${stderr.toString()}`);
}

export async function buildKernels() {
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules', 'assemblyscript', 'package.json'), 'utf8'),
  );
  const cache = join(root, 'node_modules', '.cache', 'mcp-training-kernels');
  mkdirSync(cache, { recursive: true });
  for (const kernel of KERNELS) {
    const folder = join('src', kernel.stage, 'core', 'assembly');
    const entry = join(folder, `${kernel.name}.ts`);
    if (!existsSync(join(root, entry))) continue;
    const options = optionsOf(kernel);
    const kept = join(cache, `${kernel.name}-${fingerprint(join(root, folder), options, version)}.wasm`);
    if (!existsSync(kept)) {
      const unfinished = `${kept}.${process.pid}`;
      await compile(entry, relative(root, unfinished), options);
      renameSync(join(root, relative(root, unfinished)), kept);
    }
    const target = join(root, 'dist', folder, `${kernel.name}.wasm`);
    mkdirSync(dirname(target), { recursive: true });
    // Threads of another test run may be reading the module that is there.
    copyFileSync(kept, `${target}.${process.pid}`);
    renameSync(`${target}.${process.pid}`, target);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels();
