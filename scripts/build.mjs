// `npm run build`: TypeScript to JavaScript (SWC), then the AssemblyScript kernels to WebAssembly, into dist/, and the
// command line into a few files, and the dashboard into what a browser loads.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle } from './build-bundle.mjs';
import { buildKernels } from './build-kernels.mjs';
import { buildWeb } from './build-web.mjs';
import { root, run } from './ensure.mjs';

const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
const status = run(process.execPath, [nest, 'build']);
if (status !== 0) process.exit(status);
await buildKernels();
await buildBundle();
await buildWeb();
// Which commit this is built from, for the lineage of models; not a checkout = nothing.
const git = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
const commit = git.status === 0 ? git.stdout.trim() : '';
if (/^[0-9a-f]{40,64}$/.test(commit)) writeFileSync(join(root, 'dist', 'commit'), commit);
else rmSync(join(root, 'dist', 'commit'), { force: true });
writeFileSync(join(root, 'dist', '.built'), '');
