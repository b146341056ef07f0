import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RunningHousekeeping } from '../../test/running-housekeeping.js';

let instances: RunningHousekeeping;

beforeAll(async () => {
  instances = await RunningHousekeeping.create();
});
afterAll(async () => {
  await instances.close();
});
beforeEach(async () => {
  await instances.forget();
});
afterEach(async () => {
  await instances.stopAll();
});

describe('a run', () => {
  it('is begun at once, and recorded with what it did', async () => {
    const one = await instances.another();
    const { run, isNew, ended } = await one.runs.begin('DIRECTORY_SYNC', instances.byHand, () =>
      Promise.resolve({ state: 'SUCCEEDED', examined: 3, affected: 1, details: { a: 1 } }),
    );
    expect(isNew).toBe(true);
    expect(run).toMatchObject({ state: 'RUNNING', trigger: 'MANUAL', finishedAt: null });
    expect(await ended).toMatchObject({
      id: run.id,
      state: 'SUCCEEDED',
      examined: 3,
      affected: 1,
      details: { a: 1 },
    });
  });
});
