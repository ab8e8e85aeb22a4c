// `npm run build`: TypeScript to JavaScript (SWC), then the AssemblyScript kernels to WebAssembly, into dist/, and the
// command line into a few files.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle } from './build-bundle.mjs';
import { buildKernels } from './build-kernels.mjs';
import { root, run } from './ensure.mjs';

const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
const status = run(process.execPath, [nest, 'build']);
if (status !== 0) process.exit(status);
await buildKernels();
await buildBundle();
writeFileSync(join(root, 'dist', '.built'), '');
