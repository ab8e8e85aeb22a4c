// The heavy packages of a command that needs the database, as one script beside a V8 code cache of it: compiling them
// takes a command a third of a second, reading what was compiled a few hundredths. Only scripts can have such a cache,
// therefore they are apart from the modules of the bundle.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { build } from 'esbuild';
import { ENGINE_OPTIONS } from '../bin/engine-options.mjs';

const PACKAGES =
  /^(@nestjs\/(common|core|config|typeorm)|typeorm|pg|rxjs|class-transformer|reflect-metadata)(\/|$)/;

/** What the modules of the bundle load; it runs the script that it names. */
const LOADER = 'packages.cjs';

/**
 * A cache that is missing, or that another V8 has made, is no error: V8 compiles then. The hash of the script is in the
 * names, because V8 compares no more than its length. The script is ASCII.
 */
const loader = (name) => `'use strict';
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { constants, Script } = require('node:vm');
const filename = join(__dirname, '${name}.cjs');
let cachedData;
try {
  cachedData = readFileSync(join(__dirname, '${name}.cache'));
} catch {}
const script = new Script(readFileSync(filename, 'latin1'), {
  filename,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const target = { exports: {} };
script.runInThisContext()(target.exports, createRequire(filename), target, filename, __dirname);
module.exports = { packages: target.exports, script };
`;

/** Resolves the packages to the script; `wanted` collects what the bundle asks for. */
export function packagesApart(wanted) {
  return {
    name: 'packages-apart',
    setup(bundle) {
      bundle.onResolve({ filter: PACKAGES }, ({ path }) => {
        wanted.add(path);
        return { path, namespace: 'packages' };
      });
      bundle.onLoad({ filter: /^/, namespace: 'packages' }, ({ path }) => ({
        contents: `module.exports = require('./${LOADER}').packages.load(${JSON.stringify(path)});`,
        loader: 'js',
      }));
      bundle.onResolve({ filter: /packages\.cjs$/ }, ({ path }) => ({ path, external: true }));
    },
  };
}

/**
 * @param options of the bundle
 * @param wanted names of packages and of files in them
 * @returns the files, the loader last
 */
export async function buildPackages(options, wanted) {
  const table = [...wanted]
    .sort()
    .map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`);
  const { outputFiles } = await build({
    ...options,
    format: 'cjs',
    stdin: {
      contents: `const table = { ${table.join(',\n')} };\nexports.load = (name) => table[name]();`,
      resolveDir: options.absWorkingDir,
    },
    banner: {
      js: `(function (exports, require, module, __filename, __dirname) { const __address = require('node:url').pathToFileURL(__filename).href;`,
    },
    footer: { js: '})' },
    define: { 'import.meta.url': '__address' },
  });
  const [{ contents }] = outputFiles;
  const name = `packages-${createHash('sha256').update(contents).digest('hex').slice(0, 16)}`;
  return [
    { name: `${name}.cjs`, contents },
    { name: LOADER, contents: loader(name) },
  ];
}

/**
 * Loads everything once, in a process of its own, and keeps what V8 has compiled for that. The files must be in their
 * place: their path is part of the cache.
 *
 * @returns a file for beside them
 */
export function cachePackages(directory, wanted) {
  const program = `
    const { packages, script } = require('./${LOADER}');
    for (const wanted of ${JSON.stringify([...wanted])}) packages.load(wanted);
    process.stdout.write(script.createCachedData());`;
  return execFileSync(process.execPath, [...ENGINE_OPTIONS, '-e', program], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 << 20,
  });
}
