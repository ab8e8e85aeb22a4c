import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const DIRECTORIES = ['scripts', 'test/bench', 'test/bench/lib'];
/** `const { a, b } = await load('stage/file.js')`: what a script takes from the built files. */
const LOADED = /const \{([^}]*)\} = await load\('([^']+)'\)/g;

const loaded = DIRECTORIES.flatMap((directory) =>
  readdirSync(join(root, directory))
    .filter((name) => name.endsWith('.mjs'))
    .flatMap((name) => {
      const script = `${directory}/${name}`;
      return [...readFileSync(join(root, script), 'utf8').matchAll(LOADED)].map(([, names, file]) => ({
        script,
        file,
        names: names.split(',').map((entry) => entry.split(':')[0].trim()),
      }));
    }),
);

// A script is plain JavaScript: no compiler notices when what it takes from the build has moved.
describe('scripts that use the built files', () => {
  it('are found', () => {
    expect(loaded.map(({ script }) => script)).toContain('scripts/demo.mjs');
  });

  it.each(loaded)('$script takes from $file what is there', async ({ file, names }) => {
    const built = (await import(join(root, 'dist/src', file))) as Record<string, unknown>;
    for (const name of names.filter((entry) => entry !== '')) expect(built[name], name).toBeDefined();
  });
});
