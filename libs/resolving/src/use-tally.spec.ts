import { describe, expect, it } from '@jest/globals';
import { UseTally } from './use-tally.js';

const noon = new Date('2026-11-24T12:00:00Z');
const later = new Date('2026-11-24T12:00:05Z');
const nextDay = new Date('2026-11-25T00:00:00Z');
const lastMoment = new Date(nextDay.getTime() - 1);
const gateway = { from: '192.0.2.7', agent: 'curl/8' };

describe('the uses of a token', () => {
  it('are how many on which day in UTC, and the latest with where from and by what', () => {
    const tally = new UseTally();
    tally.count('a', noon, gateway);
    tally.count('a', lastMoment, { from: '2001:db8::1', agent: 'wget' });
    tally.count('a', nextDay, { from: '192.0.2.9', agent: 'lynx' });
    expect(tally.take(10)).toEqual([
      {
        tokenId: 'a',
        lastUsedAt: nextDay,
        from: '192.0.2.9',
        agent: 'lynx',
        days: new Map([
          ['2026-11-24', 2],
          ['2026-11-25', 1],
        ]),
      },
    ]);
  });

  it('keep what was known of the bearer where a use says nothing, each for itself', () => {
    const tally = new UseTally();
    tally.count('a', noon, gateway);
    tally.count('a', later, { from: '192.0.2.9' });
    tally.count('a', later, {});
    expect(tally.take(1)).toMatchObject([{ lastUsedAt: later, from: '192.0.2.9', agent: 'curl/8' }]);
  });

  it('never go back in time', () => {
    const tally = new UseTally();
    tally.count('a', later, {});
    tally.count('a', noon, {});
    expect(tally.take(1)).toMatchObject([{ lastUsedAt: later }]);
  });

  it('are taken once, those that wait longest first, so many as asked', () => {
    const tally = new UseTally();
    for (const id of ['a', 'b', 'c', 'a']) tally.count(id, noon, {});
    expect(tally.take(2).map(({ tokenId }) => tokenId)).toEqual(['a', 'b']);
    expect([tally.size, tally.take(2).map(({ tokenId }) => tokenId)]).toEqual([1, ['c']]);
    expect(tally.take(2)).toEqual([]);
  });

  it('do not keep the whole text in memory of which an agent is a part', () => {
    const tally = new UseTally();
    tally.count('a', noon, { from: '1'.repeat(70_000), agent: 'x'.repeat(70_000) });
    expect(tally.take(1)).toMatchObject([{ from: '1'.repeat(45), agent: 'x'.repeat(1_000) }]);
  });
});

describe('uses that are given back', () => {
  it('wait again as if they had never been taken', () => {
    const [one, other] = [new UseTally(), new UseTally()];
    for (const tally of [one, other]) tally.count('a', noon, gateway);
    one.giveBack(one.take(1));
    expect(one.take(1)).toEqual(other.take(1));
  });

  it('are merged with what has come since: nothing is lost, nothing counts twice', () => {
    const tally = new UseTally();
    tally.count('a', noon, gateway);
    tally.count('a', noon, gateway);
    const taken = tally.take(1);
    tally.count('a', later, { agent: 'wget' });
    tally.count('a', nextDay, {});
    tally.giveBack(taken);
    expect(tally.take(1)).toEqual([
      {
        tokenId: 'a',
        lastUsedAt: nextDay,
        from: '192.0.2.7',
        agent: 'wget',
        days: new Map([
          ['2026-11-24', 3],
          ['2026-11-25', 1],
        ]),
      },
    ]);
  });

  it('are not changed by what is counted afterwards', () => {
    const tally = new UseTally();
    tally.count('a', noon, {});
    const taken = tally.take(1);
    tally.giveBack(taken);
    tally.count('a', noon, {});
    expect(taken[0]?.days).toEqual(new Map([['2026-11-24', 1]]));
  });
});

describe('a full tally', () => {
  const full = () => {
    const tally = new UseTally(2);
    tally.count('a', noon, {});
    tally.count('b', noon, {});
    return tally;
  };

  it('drops uses of further tokens, says how many once, and counts on for those that wait', () => {
    const tally = full();
    tally.count('c', noon, {});
    tally.count('c', noon, {});
    tally.count('a', later, {});
    expect([tally.size, tally.takeDropped(), tally.takeDropped()]).toEqual([2, 2, 0]);
    expect(tally.take(3).map(({ days }) => days.get('2026-11-24'))).toEqual([2, 1]);
  });

  it('takes back what was taken, and nothing new beside it', () => {
    const tally = full();
    const taken = tally.take(1);
    tally.count('c', noon, {});
    tally.giveBack(taken);
    tally.count('d', noon, {});
    expect(tally.take(5).map(({ tokenId }) => tokenId)).toEqual(['b', 'c', 'a']);
  });

  it('says so when it is half full, each time anew', () => {
    const tally = new UseTally(4);
    let calls = 0;
    tally.onHalfFull(() => {
      calls += 1;
    });
    tally.count('a', noon, {});
    tally.count('a', noon, {});
    expect(calls).toBe(0);
    for (const id of ['b', 'c', 'd', 'e']) tally.count(id, noon, {});
    expect(calls).toBe(1);
    tally.take(4);
    for (const id of ['a', 'b']) tally.count(id, noon, {});
    expect(calls).toBe(2);
  });

  it('does not say so again while what was taken is given back', () => {
    const tally = new UseTally(2);
    let calls = 0;
    tally.onHalfFull(() => {
      calls += 1;
    });
    tally.count('a', noon, {});
    tally.giveBack(tally.take(1));
    tally.count('a', noon, {});
    expect(calls).toBe(1);
  });

  it('has counted the use behind which it says so', () => {
    const tally = new UseTally(2);
    tally.onHalfFull(() =>
      expect(tally.take(1)).toMatchObject([{ lastUsedAt: noon, days: new Map([['2026-11-24', 1]]) }]),
    );
    tally.count('a', noon, {});
    expect.assertions(1);
  });

  it('holds 50,000 tokens', () => {
    const tally = new UseTally();
    for (let i = 0; i < 50_001; i++) tally.count(`${i}`, noon, {});
    expect([tally.size, tally.takeDropped()]).toEqual([50_000, 1]);
  });
});
