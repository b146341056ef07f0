import { describe, expect, it } from '@jest/globals';
import { ImpactTurns } from './impact-turns.js';

/** Works that last until they are let go. */
class Works {
  readonly begun: number[] = [];
  private readonly ends = new Map<number, () => void>();

  work(n: number): () => Promise<number> {
    return () => {
      this.begun.push(n);
      return new Promise((resolve) => this.ends.set(n, () => resolve(n)));
    };
  }

  end(n: number): void {
    this.ends.get(n)?.();
  }
}

describe('of those who ask for an impact', () => {
  it('two are looking at a time, and the next one begins when one has ended', async () => {
    const [turns, works] = [new ImpactTurns(), new Works()];
    const asked = [1, 2, 3, 4].map((n) => turns.take(works.work(n)));
    expect(works.begun).toEqual([1, 2]);
    works.end(2);
    expect(await asked[1]).toBe(2);
    expect(await asked[1]?.then(() => works.begun)).toEqual([1, 2, 3]);
    works.end(1);
    works.end(3);
    expect([await asked[0], await asked[2]]).toEqual([1, 3]);
    works.end(4);
    expect(await asked[3]).toBe(4);
  });

  it('one that waits for too long is told so, and takes no turn any more', async () => {
    const [turns, works] = [new ImpactTurns(), new Works()];
    const asked = [1, 2].map((n) => turns.take(works.work(n)));
    await expect(turns.take(works.work(3))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Try again'),
    });
    works.end(1);
    works.end(2);
    await Promise.all(asked);
    expect(works.begun).toEqual([1, 2]);
    const next = [turns.take(works.work(5)), turns.take(works.work(6)), turns.take(works.work(7))];
    expect(works.begun).toEqual([1, 2, 5, 6]);
    works.end(5);
    await next[0];
    works.end(6);
    works.end(7);
    await Promise.all(next);
  });

  it('one that fails gives its turn back', async () => {
    const turns = new ImpactTurns();
    const failing = () => Promise.reject(new Error('It fails.'));
    await Promise.all([1, 2, 3].map(() => expect(turns.take(failing)).rejects.toThrow('It fails.')));
    expect(await turns.take(() => Promise.resolve('done'))).toBe('done');
  });
});
