import { describe, expect, it } from 'vitest';
import { containsApiKey, keyDigest, newApiKey, prefixOf, sameDigest } from './api-key-text.js';

describe('the text of an API key', () => {
  it('holds a prefix and 256 bits, new ones each time', () => {
    const keys = Array.from({ length: 200 }, newApiKey);
    for (const { key, prefix } of keys) {
      expect(prefixOf(key)).toBe(prefix);
      const secret = key.slice(`mcpt_${prefix}_`.length);
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    }
    expect(new Set(keys.map(({ key }) => key)).size).toBe(200);
    expect(new Set(keys.map(({ prefix }) => prefix)).size).toBe(200);
  });

  it.each([
    '',
    'mcpt_',
    'changeme',
    'mcpt_abcdefghijkl_',
    `mcpt_ABCDEFGHIJKL_${'a'.repeat(43)}`,
    `mcpt_abcdefghijkl_${'a'.repeat(42)}`,
    `mcpt_abcdefghijkl_${'a'.repeat(44)}`,
    ` mcpt_abcdefghijkl_${'a'.repeat(43)}`,
    `mcpt_abcdefghijkl_${'a'.repeat(43)}\n`,
  ])('is nothing else: %j', (text) => {
    expect(prefixOf(text)).toBeUndefined();
  });

  it('is found inside of other text', () => {
    const { key } = newApiKey();
    expect(containsApiKey(`/api/v1/models?x=${key}&y=1`)).toBe(true);
    expect(containsApiKey(`/api/v1/models?x=${key.slice(0, 40)}`)).toBe(false);
  });

  it('is recognised by its SHA-256 (FIPS 180-4 example)', () => {
    expect(keyDigest('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(sameDigest(keyDigest('abc'), keyDigest('abc'))).toBe(true);
    expect(sameDigest(keyDigest('abc'), keyDigest('abd'))).toBe(false);
    expect(sameDigest(keyDigest('abc'), Buffer.alloc(0))).toBe(false);
  });
});
