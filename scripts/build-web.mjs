// Builds the dashboard (web/) into dist/web with Vite. The result is kept in node_modules/.cache, keyed by everything that
// goes in, because the sources of the dashboard change less often than the rest and this takes longest.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'web');
const outDir = join(root, 'dist', 'web');
const cache = join(root, 'node_modules', '.cache', 'mcp-training-web');
const COMPRESSIBLE = /\.(js|css|svg|txt)$/;

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of [
    ...filesBelow(source),
    fileURLToPath(import.meta.url),
    join(root, 'package-lock.json'),
  ]) {
    hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 32);
}

/** The licences of what is bundled ask to be passed on with it. */
const licences = {
  name: 'licences',
  generateBundle(_options, bundle) {
    const packages = new Set();
    for (const chunk of Object.values(bundle)) {
      for (const id of chunk.type === 'chunk' ? chunk.moduleIds : []) {
        const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replace(/^\0/, ''))?.[0];
        if (folder !== undefined) packages.add(folder);
      }
    }
    const texts = [...packages].sort().map((folder) => {
      const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
      const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    });
    this.emitFile({
      type: 'asset',
      fileName: 'third-party-licenses.txt',
      source: texts.join(`\n${'-'.repeat(80)}\n\n`),
    });
  },
};

async function bundle(target) {
  const { build } = await import('vite');
  await build({
    root: source,
    configFile: false,
    logLevel: 'warn',
    esbuild: { jsx: 'automatic', legalComments: 'none' },
    plugins: [licences],
    build: {
      outDir: target,
      emptyOutDir: true,
      target: 'es2022',
      sourcemap: false,
      modulePreload: { polyfill: false },
      // An address with data in it would need a wider policy.
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1000,
      rollupOptions: {
        onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      },
    },
  });
  for (const file of filesBelow(target).filter((name) => COMPRESSIBLE.test(name))) {
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
  }
}

export async function buildWeb() {
  const kept = join(cache, fingerprint());
  if (!existsSync(kept)) {
    mkdirSync(cache, { recursive: true });
    const temporary = `${kept}.tmp-${process.pid}`;
    await bundle(temporary);
    if (existsSync(kept)) rmSync(temporary, { recursive: true });
    else renameSync(temporary, kept);
    for (const old of readdirSync(cache).filter(
      (name) => name !== basename(kept) && !name.includes('.tmp-'),
    )) {
      rmSync(join(cache, old), { recursive: true, force: true });
    }
  }
  const stamp = join(outDir, '.fingerprint');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === basename(kept)) return;
  const next = `${outDir}.tmp-${process.pid}`;
  cpSync(kept, next, { recursive: true });
  writeFileSync(join(next, '.fingerprint'), basename(kept));
  rmSync(outDir, { recursive: true, force: true });
  renameSync(next, outDir);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWeb();
