// Joins the built command line and what it loads into a few files (dist/bundle): reading 1,900 small modules costs a
// second per command, reading these a third of one. Only `serve`, which starts once, runs from the single files.
import { readFile } from 'node:fs/promises';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildPackages, cachePackages, packagesApart } from './bundle-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outdir = join(root, 'dist', 'bundle');

/** Loaded when needed, from node_modules: they find files of their own beside them, or hold native code. */
const FROM_NODE_MODULES =
  /^(@aws-sdk|bullmq|ssh2|cpu-features|pg-native|swagger-ui-dist|@nestjs\/(platform-express|swagger))(\/|$)/;

/** Optional packages (other databases, other transports) that are not installed stay what they are: not there. */
const leaveOut = {
  name: 'leave-out',
  setup(bundle) {
    bundle.onResolve({ filter: /^[^./]/ }, async (request) => {
      if (request.pluginData === 'resolving') return undefined;
      if (FROM_NODE_MODULES.test(request.path)) return { path: request.path, external: true };
      const { importer, resolveDir, kind, path } = request;
      const found = await bundle.resolve(path, { importer, resolveDir, kind, pluginData: 'resolving' });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

/** Threads of a bundled command run from the bundle too: loading 100 small files takes a thread longer than starting. */
const BUNDLED_WORKERS = `export const WORKERS = new URL('./', import.meta.url); export const BUILT_WORKERS = WORKERS;`;

/** A built file finds its neighbours (thread entries, kernels, configuration) from where it was, not from the bundle. */
const keepAddresses = {
  name: 'keep-addresses',
  setup(bundle) {
    bundle.onLoad({ filter: /\/compute\/worker-files\.js$/ }, () => ({
      contents: BUNDLED_WORKERS,
      loader: 'js',
    }));
    bundle.onLoad({ filter: /\/dist\/(src|migrations)\/.*\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!source.includes('import.meta.')) return undefined;
      const original = `new URL(${JSON.stringify(relative(outdir, path))}, import.meta.url)`;
      const contents = source
        .replaceAll('import.meta.url', `${original}.href`)
        .replaceAll('import.meta.dirname', `__fileURLToPath(new URL('.', ${original}))`);
      return { contents, loader: 'js' };
    });
  },
};

/**
 * `@nestjs/typeorm` asks `require()` for two classes that TypeORM may no longer have: that would load a second TypeORM,
 * from its 1,000 single files, beside the one in the bundle.
 */
const oneTypeorm = {
  name: 'one-typeorm',
  setup(bundle) {
    bundle.onLoad({ filter: /\/@nestjs\/typeorm\/dist\/common\/typeorm-compat\.js$/ }, ({ path }) => ({
      contents: [
        "import * as typeorm from 'typeorm';",
        'const named = (name) => typeorm[name];',
        "export const Connection = named('Connection');",
        "export const AbstractRepository = named('AbstractRepository');",
      ].join('\n'),
      loader: 'js',
      resolveDir: dirname(path),
    }));
  },
};

/**
 * The configuration is checked, by two functions of class-validator, before anything else is loaded. Its CommonJS build
 * always brings all of it, with the telephone numbers of the world; of its modules only what is used is taken.
 */
const classValidatorInParts = {
  name: 'class-validator-in-parts',
  setup(bundle) {
    const resolveDir = root;
    bundle.onResolve({ filter: /^class-validator$/ }, ({ kind }) =>
      kind === 'import-statement'
        ? bundle.resolve('./node_modules/class-validator/esm2015/index.js', { resolveDir, kind })
        : undefined,
    );
  },
};

/** pg finds out whether it runs at Cloudflare by making a Response, for which Node loads its whole HTTP client. */
const notAtCloudflare = {
  name: 'not-at-cloudflare',
  setup(bundle) {
    bundle.onLoad({ filter: /\/pg\/lib\/stream\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace("typeof Response === 'function'", 'false'),
      loader: 'js',
    }));
  },
};

// Packages in CommonJS ask for these; an ES module has none of them.
const COMMONJS = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __fileURLToPath } from 'node:url';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __fileURLToPath(import.meta.url);',
  "const __dirname = __fileURLToPath(new URL('.', import.meta.url));",
].join('\n');

const OPTIONS = {
  write: false,
  absWorkingDir: root,
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // Names are data here: entities, providers and errors are found and shown by them.
  keepNames: true,
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  banner: { js: COMMONJS },
  plugins: [classValidatorInParts, leaveOut, keepAddresses, oneTypeorm, notAtCloudflare],
  logLevel: 'warning',
};

export async function buildBundle() {
  const workers = readdirSync(join(root, 'dist', 'src', 'workers')).filter((file) =>
    file.endsWith('.worker.js'),
  );
  const wanted = new Set();
  const [forThreads, forCommands] = await Promise.all([
    build({
      ...OPTIONS,
      // Nobody looks up a name in a thread, and writing them takes each of the threads some milliseconds.
      keepNames: false,
      entryPoints: workers.map((file) => join('dist', 'src', 'workers', file)),
    }),
    build({
      ...OPTIONS,
      entryPoints: [join('dist', 'src', 'cli.js')],
      splitting: true,
      plugins: [packagesApart(wanted), ...OPTIONS.plugins],
    }),
  ]);
  const packages = await buildPackages(OPTIONS, wanted);
  mkdirSync(outdir, { recursive: true });
  // Each file is replaced by a rename and none is removed: a command that runs meanwhile finds what it began with.
  // Entry last: it names the others.
  const modules = [...forThreads.outputFiles, ...forCommands.outputFiles]
    .map(({ path, contents }) => ({ name: relative(outdir, path), contents }))
    .sort((a, b) => Number(a.name === ENTRY) - Number(b.name === ENTRY));
  for (const { name, contents } of packages) replace(name, contents);
  replace(packages[0].name.replace(/cjs$/, 'cache'), cachePackages(outdir, wanted));
  for (const { name, contents } of modules) replace(name, contents);
}

function replace(name, contents) {
  const path = join(outdir, name);
  writeFileSync(`${path}.${process.pid}`, contents);
  renameSync(`${path}.${process.pid}`, path);
}

const ENTRY = 'cli.js';

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildBundle();
