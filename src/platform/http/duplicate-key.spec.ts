import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateKey } from './duplicate-key.js';

describe('a JSON text with a member twice', () => {
  it.each([
    ['{"a":1,"a":2}', '/a'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"a":{"b":1,"c":[{"d":1}],"b":2}}', '/a/b'],
    ['[{"x":1},{"x":1,"y":"x","x":2}]', '/x'],
    ['{"a/b":1,"a/b":2}', '/a~1b'],
    ['{"__proto__":1,"__proto__":2}', '/__proto__'],
    ['{"":1,"":2}', '/'],
    ['{"a":[1,2,{"b":1}],"a":2}', '/a'],
  ])('%s is found', (text, pointer) => {
    expect(duplicateKey(text)).toBe(pointer);
  });

  it.each([
    '{}',
    '{"a":"a","b":"a"}',
    '{"a":["a","a"],"b":["a",",","a"]}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\",\\"a\\":1"}',
    '{"a":1,"A":2}',
    '"a"',
    '',
  ])('%s has none', (text) => {
    expect(duplicateKey(text)).toBeUndefined();
  });

  it('survives text that is no JSON, however deep', () => {
    for (const text of ['{"a', '{"a\\', '}}}]]]', '"', '{,,"a","a"', '['.repeat(1e6), '{"a":'.repeat(1e5)]) {
      expect(() => duplicateKey(text)).not.toThrow();
    }
  });

  it('is never seen in what JSON.stringify writes, and always when a member is written again', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(duplicateKey(text)).toBeUndefined();
        const names = Object.keys(value);
        for (const name of names.slice(0, 1)) {
          expect(duplicateKey(`${text.slice(0, -1)},${JSON.stringify(name)}:0}`)).toBeDefined();
        }
      }),
    );
  });
});
