import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const WEB = join(import.meta.dirname, '../../dist/web');
const LIMIT_BYTES = 250_000;
const compressed = (file: string): number => readFileSync(join(WEB, `${file}.gz`)).byteLength;

/** Scripts that a script loads at once, by their static imports. */
function withImports(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(WEB, file), 'utf8');
  for (const [, name] of text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g))
    withImports(`assets/${name}`, seen);
  return seen;
}

describe('what a browser loads', () => {
  const index = readFileSync(join(WEB, 'index.html'), 'utf8');
  const entry = /src="\/(assets\/index-[\w-]+\.js)"/.exec(index)?.[1] ?? '';
  const overview = readdirSync(join(WEB, 'assets')).find((name) => /^overview-page-[\w-]+\.js$/.test(name));

  it('is less than 250 kB of script for the first page', () => {
    const files = withImports(`assets/${String(overview)}`, withImports(entry));
    const total = [...files].reduce((sum, file) => sum + compressed(file), 0);
    expect(total).toBeGreaterThan(50_000);
    expect(total).toBeLessThan(LIMIT_BYTES);
    expect([...files].filter((file) => file.includes('echarts'))).toEqual([]);
  });

  it('comes from this host only, and holds no inline script', () => {
    expect(index).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(index).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(index).not.toMatch(/<style|style="/);
  });

  it('passes on the licences of what is bundled', () => {
    const text = readFileSync(join(WEB, 'third-party-licenses.txt'), 'utf8');
    for (const name of ['react', '@mantine/core', 'echarts', 'wouter', '@tanstack/react-query'])
      expect(text).toContain(`\n${name} `);
  });
});
