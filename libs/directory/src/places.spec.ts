import { describe, expect, it } from '@jest/globals';
import { setImmediate as settled } from 'node:timers/promises';
import { WaitingEnded } from './patience.js';
import { NoPlace, Places } from './places.js';

/** Work that lasts until it is told to end. */
function lasting() {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { work: () => ended, end };
}
const until = (milliseconds: number) => AbortSignal.timeout(milliseconds);

describe('places', () => {
  it('lets in as many as there are, and the next when one leaves, in turn', async () => {
    const places = new Places(2, 10);
    const jobs = [lasting(), lasting(), lasting(), lasting()];
    const entered: number[] = [];
    const all = jobs.map((job, i) => places.with(() => (entered.push(i), job.work()), undefined));
    await settled();
    expect(entered).toEqual([0, 1]);
    expect(places.inUse).toBe(2);
    jobs[1]?.end();
    await all[1];
    await settled();
    expect(entered).toEqual([0, 1, 2]);
    for (const job of jobs) job.end();
    await Promise.all(all);
    expect(entered).toEqual([0, 1, 2, 3]);
    expect(places.inUse).toBe(0);
  });

  it('gives the place back where the work fails', async () => {
    const places = new Places(1, 0);
    const failing = () => Promise.reject(new Error('It failed.'));
    await expect(places.with(failing, undefined)).rejects.toThrow('It failed.');
    await expect(places.with(() => Promise.resolve('in'), undefined)).resolves.toBe('in');
  });

  it('refuses at once where too many wait', async () => {
    const places = new Places(1, 1);
    const job = lasting();
    const [first, second] = [places.with(job.work, undefined), places.with(job.work, undefined)];
    await expect(places.with(job.work, undefined)).rejects.toThrow(NoPlace);
    job.end();
    await Promise.all([first, second]);
  });

  it('does not let anybody wait past their time, and the others go on', async () => {
    const places = new Places(1, 10);
    const job = lasting();
    const first = places.with(job.work, undefined);
    const late = places.with(job.work, until(5));
    const patient = places.with(() => Promise.resolve('in'), undefined);
    await expect(late).rejects.toThrow(WaitingEnded);
    job.end();
    await first;
    await expect(patient).resolves.toBe('in');
    expect(places.inUse).toBe(0);
  });

  it('lets nobody in whose time is over before they come', async () => {
    const ended = AbortSignal.abort();
    const work = () => Promise.reject(new Error('It was done.'));
    await expect(new Places(1, 1).with(work, ended)).rejects.toThrow(WaitingEnded);
  });

  it('refuses everybody once it is closed', async () => {
    const places = new Places(1, 10);
    const job = lasting();
    const [first, waiting] = [places.with(job.work, undefined), places.with(job.work, undefined)];
    places.close();
    await expect(waiting).rejects.toThrow(NoPlace);
    await expect(places.with(job.work, undefined)).rejects.toThrow(NoPlace);
    job.end();
    await first;
  });
});
