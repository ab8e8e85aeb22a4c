import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExportName, parseExportPath, safeFileName } from './export-file-name.js';

describe('a path below the exports directory', () => {
  it.each([
    ['a.json', ['a.json']],
    ['exports/a.json', ['a.json']],
    ['exports', ['exports']],
    ['exports/exports/a.json', ['exports', 'a.json']],
    ['Jahr 2024/März (1).json', ['Jahr 2024', 'März (1).json']],
  ])('%j', (text, segments) => {
    expect(parseExportPath(text)).toEqual({ segments });
  });

  it('never holds a segment that climbs, hides or controls', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.constantFrom('', '../', '/', './', 'a/'),
        (text, lead) => {
          const parsed = parseExportPath(lead + text);
          if (!('segments' in parsed)) return;
          for (const segment of parsed.segments) {
            expect(segment).not.toMatch(/^\.|[/\\\p{Cc}\p{Cf}]/u);
            expect(segment).not.toBe('');
          }
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('a name for an upload', () => {
  it('is always a path that can be asked for later', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const name = safeFileName(text);
        expect(name.length).toBeLessThanOrEqual(120);
        expect(parseExportPath(name)).toEqual({ segments: [name] });
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('a file of a directory', () => {
  it.each(['a.json', 'a.ndjson.gz', 'a.CSV', 'a.jsonl.zst', 'labels.json'])('%s is an export', (name) => {
    expect(isExportName(name)).toBe(true);
  });

  it.each(['a.labels.json', 'a.labels.json.gz', 'a.txt', 'a.json.bak', 'json'])('%s is none', (name) => {
    expect(isExportName(name)).toBe(false);
  });
});
