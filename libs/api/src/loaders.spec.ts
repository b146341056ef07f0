import { describe, expect, it } from '@jest/globals';
import { Loaders } from './loaders.js';

describe('the loaders of a request', () => {
  it('read together what is asked for in one turn, and nothing twice', async () => {
    const asked: string[][] = [];
    const batch = (keys: readonly string[]) => {
      asked.push([...keys]);
      return Promise.resolve(new Map(keys.filter((key) => key !== 'none').map((key) => [key, key.length])));
    };
    const loaders = new Loaders();
    const found = await Promise.all(['a', 'bb', 'a', 'none'].map((key) => loaders.load(batch, key)));
    expect(found).toEqual([1, 2, 1, undefined]);
    expect(await loaders.load(batch, 'bb')).toBe(2);
    expect(asked).toEqual([['a', 'bb', 'none']]);
    loaders.forget();
    await loaders.load(batch, 'bb');
    expect(asked).toHaveLength(2);
  });
});
