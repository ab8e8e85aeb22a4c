import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listKeys } from '../../../src/platform/config/schema-tree.js';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = join(ROOT, 'docs/configuration.md');
const START = '<!-- keys:start -->';
const END = '<!-- keys:end -->';

/** One table a section, one row a key. `UPDATE_DOCS=1` writes them into the page; the difference is then reviewed. */
function renderTables(): string {
  const sections = new Map<string, string[]>();
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  for (const key of listKeys()) {
    const section = key.path.includes('.') ? key.path.slice(0, key.path.indexOf('.')) : 'top level';
    const rows = sections.get(section) ?? [];
    const value = Array.isArray(key.defaultValue)
      ? key.defaultValue.join(', ') || 'empty'
      : String(key.defaultValue);
    const shortNames = key.envNames.slice(1).map((name) => `\`${name}\``);
    const names = shortNames.length > 0 ? ` Variable: ${shortNames.join(', ')}.` : '';
    rows.push(
      `| \`${key.path}\` | \`${value}\` | ${cell(key.rule.expected)} | ${cell(key.meaning)}${names} |`,
    );
    sections.set(section, rows);
  }
  return [...sections]
    .map(
      ([name, rows]) =>
        `### ${name}\n\n| key | default | allowed | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`,
    )
    .join('\n');
}

/** Prettier pads the cells; what is between the bars is what counts. */
const squeeze = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

describe('docs/configuration.md', () => {
  it('lists every key with its default, allowed values and meaning', () => {
    const page = readFileSync(PAGE, 'utf8');
    const [before, rest] = page.split(START);
    const [shown, after] = rest.split(END);
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(PAGE, `${before}${START}\n\n${renderTables()}\n${END}${after}`);
    }
    expect(squeeze(shown)).toBe(squeeze(renderTables()));
  });

  it('has a variable of its own for every key', () => {
    const names = listKeys().flatMap((key) => key.envNames);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('.env.example', () => {
  it('names known variables only', () => {
    const known = new Set(
      listKeys().flatMap((key) => key.envNames.flatMap((name) => [name, `${name}_FILE`])),
    );
    known.add('TRAINING_MODEL_CONFIG_FILE');
    const names = [...readFileSync(join(ROOT, '.env.example'), 'utf8').matchAll(/^#([A-Z_]+)=/gm)].map(
      (match) => match[1],
    );
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});
