import { describe, expect, it } from '@jest/globals';
import { RefusalTimes } from './refusal-times.js';

/** Times as they were noted, milliseconds, by entry. */
function noted(entries: Readonly<Record<string, readonly number[]>>): RefusalTimes {
  const times = new RefusalTimes();
  for (const [dn, ofOne] of Object.entries(entries)) for (const time of ofOne) times.note(dn, time);
  return times;
}
const NEVER = new AbortController().signal;

describe('what a refusal takes', () => {
  it('is the median of the entries, each by its own median', () => {
    expect(noted({ ada: [40, 1_000, 41, 42, 2] }).ofComparison).toBe(41);
    expect(noted({ ada: [40], grace: [50, 51, 52], linus: [900] }).ofComparison).toBe(51);
  });

  it('is nothing where nothing was compared yet', () => expect(noted({}).ofComparison).toBe(0));

  it('cannot be dragged by one entry, however often it is tried', () => {
    const times = noted({ ada: [200], grace: [210] });
    for (let i = 0; i < 100; i += 1) times.note('without a password', 1);
    expect(times.ofComparison).toBe(200);
    expect(noted({ ada: [200], without: [1] }).ofComparison).toBe(200);
  });

  it('follows the server: what is long past does not count', () => {
    const times = noted({ ada: Array<number>(51).fill(400) });
    for (let i = 0; i < 5; i += 1) times.note('ada', 21);
    expect(times.ofComparison).toBe(21);
    for (let i = 0; i < 15; i += 1) times.note(`other ${i}`, 30);
    expect(times.ofComparison).toBe(30);
    for (let i = 0; i < 7; i += 1) times.note(`one more ${i}`, 10);
    expect(times.ofComparison).toBe(30); // eight of fifteen
    times.note('the eighth', 10);
    expect(times.ofComparison).toBe(10);
  });
});

describe('waiting for it', () => {
  const waited = async (times: RefusalTimes, begun: number, signal = NEVER) => {
    await times.waitFrom(begun, signal);
    return performance.now() - begun;
  };

  it('lasts to less than a timer can tell, whatever has passed of it', async () => {
    const times = noted({ ada: [21] });
    expect(await waited(times, performance.now())).toBeGreaterThanOrEqual(21);
    expect(await waited(times, performance.now() - 15)).toBeGreaterThanOrEqual(21);
  });

  it('is nothing where all of it has passed', async () => {
    const before = performance.now();
    await noted({ ada: [60_000] }).waitFrom(before - 60_000, NEVER);
    expect(performance.now() - before).toBeLessThan(30_000);
  });

  it('ends with the time that a sign-in has', async () => {
    const times = noted({ ada: [60_000] });
    expect(await waited(times, performance.now(), AbortSignal.timeout(20))).toBeLessThan(30_000);
    expect(await waited(times, performance.now(), AbortSignal.abort())).toBeLessThan(30_000);
  });
});
