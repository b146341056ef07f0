import { describe, expect, it } from '@jest/globals';
import { AlikeLists, type ListsOfEach } from './alike-lists.js';
import { Loaders } from './loaders.js';

const lists = new AlikeLists<string>();
const make = (): ListsOfEach<string> => ({
  pages: () => Promise.resolve(new Map()),
  counts: () => Promise.resolve(new Map()),
});

describe('lists below many parents', () => {
  const loaders = new Loaders();
  it('are the very same ones in a request for the same arguments, however they are written', () => {
    const first = lists.with(loaders, { first: 3, after: 'x' }, make);
    expect(lists.with(loaders, { after: 'x', first: 3 }, make)).toBe(first);
  });
  it('are others for other arguments, and in another request', () => {
    const first = lists.with(loaders, { first: 3 }, make);
    expect(lists.with(loaders, { first: 4 }, make)).not.toBe(first);
    expect(lists.with(loaders, {}, make)).not.toBe(first);
    expect(lists.with(new Loaders(), { first: 3 }, make)).not.toBe(first);
  });
});
