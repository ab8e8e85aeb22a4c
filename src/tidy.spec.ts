import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from './cli/program.js';

/** Style and documentation as tests: what a reviewer would otherwise have to remember. */
const ROOT = resolve(import.meta.dirname, '..');
const MAX_LINES = 400;

function filesBelow(folder: string, extension: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const isSpec = (file: string): boolean => file.endsWith('.spec.ts');

const CODE = ['src', 'test', 'migrations', 'scripts', 'web'].flatMap((folder) =>
  filesBelow(folder, /\.(ts|tsx|css|mjs)$/),
);
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...filesBelow('docs', /\.md$/),
  ...filesBelow('test', /\.md$/),
];

/** `file:line` of every line that matches. */
function places(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

interface Heading {
  readonly line: number;
  readonly level: number;
  readonly text: string;
}

/** Headings of a page; a `#` in a code block is a comment, not a heading. */
function headings(page: string): Heading[] {
  let fenced = false;
  return read(page)
    .split('\n')
    .flatMap((text, line) => {
      if (text.startsWith('```')) fenced = !fenced;
      const level = fenced ? 0 : (/^#+(?= )/.exec(text)?.[0].length ?? 0);
      return level > 0 ? [{ line, level, text: text.slice(level + 1) }] : [];
    });
}

/** The first heading that contains the text, with what follows it up to the next heading of that level or above. */
function section(page: string, title: string): string | undefined {
  const all = headings(page);
  const start = all.find(({ text }) => text.includes(title));
  if (start === undefined) return undefined;
  const end = all.find(({ line, level }) => line > start.line && level <= start.level);
  return read(page).split('\n').slice(start.line, end?.line).join('\n');
}

describe('the code', () => {
  it(`has no file of more than ${MAX_LINES} lines`, () => {
    const long = CODE.filter((file) => read(file).trimEnd().split('\n').length > MAX_LINES);
    expect(long).toEqual([]);
  });

  it('postpones nothing and leaves no test out', () => {
    expect(places(CODE, /TO[D]O|FIX[M]E/)).toEqual([]);
    expect(places(CODE.filter(isSpec), /\.(only|skip)\(/)).toEqual([]);
  });

  it('reads the environment in platform/config only', () => {
    const service = CODE.filter((file) => /^(src|migrations)\//.test(file) && !isSpec(file));
    const elsewhere = service.filter((file) => !file.startsWith('src/platform/config/'));
    expect(places(elsewhere, /process\.env\b/)).toEqual([]);
  });

  it('has no barrels', () => {
    const barrels = CODE.filter((file) => /(^|\/)index\.(ts|mjs)$/.test(file));
    expect(barrels).toEqual(['migrations/index.ts']);
  });

  it('can undo every migration, and lists each one', () => {
    const list = read('migrations/index.ts');
    for (const file of filesBelow('migrations', /\.ts$/).filter((name) => !name.endsWith('index.ts'))) {
      const text = read(file);
      expect(text, file).toMatch(/async up\(/);
      expect(text, file).toMatch(/async down\(/);
      expect(list, file).toContain(relative('migrations', file).replace(/\.ts$/, '.js'));
    }
  });
});

describe('ARCHITECTURE.md', () => {
  it('has a line for every folder of src', () => {
    const page = read('ARCHITECTURE.md');
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(folders.map(({ name }) => name).filter((name) => !page.includes(`\`${name}/\``))).toEqual([]);
  });

  it('stays short enough to be read', () => {
    for (const page of ['ARCHITECTURE.md', 'README.md'])
      expect(read(page).split('\n').length, page).toBeLessThanOrEqual(200);
  });
});

/** Verbs with their full names, such as `config print`. */
function verbs(command: Command, prefix = ''): { name: string; command: Command }[] {
  return command.commands.flatMap((child) => {
    const name = `${prefix}${child.name()}`;
    return child.commands.length > 0 ? verbs(child, `${name} `) : [{ name, command: child }];
  });
}

const GLOBAL_OPTIONS = ['--config', '--verbose', '--quiet', '--json'];

describe('docs/usage.md', () => {
  const program = buildProgram({ exitCode: 0, output: { json: false, quiet: false, verbose: false } });

  it.each(verbs(program))('describes $name with its options', ({ name, command }) => {
    const text = section('docs/usage.md', `\`${name}\``);
    expect(text, `a heading with \`${name}\``).toBeDefined();
    const options = command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
    const missing = options.filter((long) => !GLOBAL_OPTIONS.includes(long) && !text!.includes(long));
    expect(missing).toEqual([]);
  });
});

interface Route {
  readonly method: string;
  readonly path: string;
}

/** `@Controller('a')` and `@Get(':id')` as GET /a/{id}; what follows the prefix /api/v1. */
function routes(file: string): Route[] {
  const text = read(file);
  const base = /@Controller\((?:'([^']*)')?\)/.exec(text)?.[1] ?? '';
  return [...text.matchAll(/@(Get|Post|Put|Patch|Delete|Sse)\((?:'([^']*)')?\)/g)].map(
    ([, method, path = '']) => ({
      method: method === 'Sse' ? 'GET' : method.toUpperCase(),
      path: `/${[base, path].filter((part) => part !== '').join('/')}`.replace(/:(\w+)/g, '{$1}'),
    }),
  );
}

describe('docs/api.md', () => {
  const all = filesBelow('src', /\.controller\.ts$/).flatMap(routes);

  it('is compared with the controllers', () => {
    expect(all.length).toBeGreaterThan(20);
  });

  it.each(all)('describes $method $path', ({ method, path }) => {
    expect(
      section('docs/api.md', `\`${method} ${path}\``),
      `a heading with \`${method} ${path}\``,
    ).toBeDefined();
  });
});

/** GitHub's anchor of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** A page without its code, in which brackets are no links. */
const prose = (page: string): string =>
  read(page)
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '');

function isBroken(page: string, target: string): boolean {
  const hash = target.indexOf('#');
  const path = hash < 0 ? target : target.slice(0, hash);
  const file = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, file))) return true;
  if (hash < 0 || !file.endsWith('.md')) return false;
  return !headings(file).some(({ text }) => anchor(text) === target.slice(hash + 1));
}

describe('the Markdown pages', () => {
  it('name no path of one machine', () => {
    expect(places(PAGES, /(^|[\s"'`(=])\/(work|tmp|root|home|Users)\b/)).toEqual([]);
  });

  it('have no broken relative link or picture', () => {
    const broken = PAGES.flatMap((page) =>
      [...prose(page).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
        .map((match) => match.slice(1).join(''))
        .filter((target) => !/^[a-z]+:/.test(target) && isBroken(page, target))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
