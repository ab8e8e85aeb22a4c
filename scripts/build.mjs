// `npm run build`: TypeScript to JavaScript (SWC), then the AssemblyScript kernels to WebAssembly, into dist/.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildKernels } from './build-kernels.mjs';
import { root, run } from './ensure.mjs';

const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
const status = run(process.execPath, [nest, 'build']);
if (status !== 0) process.exit(status);
await buildKernels();
writeFileSync(join(root, 'dist', '.built'), '');
