import { describe, expect, it } from '@jest/globals';
import type { Transaction } from '@tokenwarden/database';
import { unavailable } from '@tokenwarden/vocabulary';
import { Collected, goThroughEnds, type ByTransaction } from './through-ends.js';
import type { Found, Reach } from './through-ends.queries.js';

const TOKENS = 1_000;
const NOWHERE = {} as Transaction;
const id = (n: number) => String(n).padStart(4, '0');

/** Statements that end where they look at more than `bearable` tokens behind `from`; each is tried up to six times. */
async function going(from: number, bearable: number) {
  const [reaches, collected]: [Reach[], Collected] = [[], new Collected()];
  const patiently: ByTransaction = async (work) => {
    for (let time = 1; ; time += 1) {
      try {
        return await work(NOWHERE);
      } catch (error) {
        if (time === 6) throw error;
      }
    }
  };
  await goThroughEnds(collected, new AbortController().signal, patiently, (_, reach): Promise<Found> => {
    reaches.push(reach);
    const start = reach.behind === null ? 0 : Number(reach.behind.id) + 1;
    const end = Math.min(start + reach.most, TOKENS);
    if (end > from && end - start > bearable) return Promise.reject(unavailable('It takes too long.'));
    const last = end === start ? null : { id: id(end - 1), endsAt: new Date(0) };
    return Promise.resolve({
      examined: end - start,
      due: end - start,
      withoutEmail: [],
      recipients: [],
      last,
    });
  });
  return { collected, reaches };
}

describe('the way along the ends', () => {
  it('begins with few tokens, and takes more as it learns what they cost', async () => {
    const { collected, reaches } = await going(TOKENS, TOKENS);
    expect(reaches.map(({ most }) => most).slice(0, 3)).toEqual([100, 200, 400]);
    expect(collected).toMatchObject({ examined: TOKENS, due: TOKENS });
  });

  it('takes fewer where a statement was too much, and looks at each token once', async () => {
    const { collected } = await going(500, 30);
    expect(collected).toMatchObject({ examined: TOKENS, due: TOKENS });
  });

  it('ends where even one is too much', async () => {
    await expect(going(500, 0)).rejects.toThrow('It takes too long.');
  });
});
