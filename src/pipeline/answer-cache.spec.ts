import { describe, expect, it } from 'vitest';
import { AnswerCache } from './answer-cache.js';

describe('the cache of answers', () => {
  it('computes once for all who ask the same, also at the same time', async () => {
    const cache = new AnswerCache();
    let made = 0;
    const make = () => Promise.resolve(++made);
    expect(await Promise.all([cache.get(['a', 1], make), cache.get(['a', 1], make)])).toEqual([1, 1]);
    expect(await cache.get(['a', 1], make)).toBe(1);
    expect(await cache.get(['a', 2], make)).toBe(2);
  });

  it('does not keep a failure', async () => {
    const cache = new AnswerCache();
    await expect(cache.get(['a'], () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
    expect(await cache.get(['a'], () => Promise.resolve('there'))).toBe('there');
  });

  it('forgets what nobody has asked for longest', async () => {
    const cache = new AnswerCache();
    let made = 0;
    const ask = (key: number) => cache.get([key], () => Promise.resolve(++made));
    for (let key = 0; key < 32; key++) await ask(key);
    expect(await ask(0)).toBe(1);
    await ask(32);
    expect(await ask(0)).toBe(1);
    expect(await ask(1)).toBe(34);
  });
});
