import { writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { instanceForSpecs, people, syncWorldForSpecs } from '../../test/sync-world.js';
import { directoryStanding } from './directory-standing.queries.js';
import { directoryWarnings } from './directory-warnings.js';

const world = syncWorldForSpecs();
const one = instanceForSpecs(world);
beforeEach(async () => {
  await world.says(people(0, 19));
  await one.synchronise();
});

const standing = () => world.database.read(directoryStanding);
const warnings = () => world.database.read(directoryWarnings);
async function fails() {
  await writeFile(world.path, '{');
  expect(await one.synchronise()).toMatchObject({ state: 'FAILED' });
}
async function isHeld() {
  await world.says(people(9, 19));
  const run = await one.synchronise();
  expect(run).toMatchObject({ state: 'HELD' });
  return run;
}

describe('how the directory stands', () => {
  it('is well after a whole answer was applied', async () => {
    expect(await standing()).toEqual({ heldSince: null, failingSince: null });
    expect(await warnings()).toEqual([]);
  });

  it('is failing since the first run that failed, until one does not', async () => {
    await fails();
    const { failingSince } = await standing();
    await fails();
    expect(await standing()).toEqual({ heldSince: null, failingSince });
    expect(await warnings()).toEqual([expect.stringContaining(failingSince?.toISOString() ?? '?')]);
    await world.says(people(0, 19));
    await one.synchronise();
    expect(await warnings()).toEqual([]);
  });

  it('is held since the first run that was, also while it fails, until an answer is applied', async () => {
    const { startedAt, finishedAt } = await isHeld();
    const { heldSince } = await standing();
    expect(heldSince?.getTime()).toBeGreaterThanOrEqual(startedAt.getTime());
    expect(heldSince?.getTime()).toBeLessThanOrEqual(finishedAt?.getTime() ?? 0);
    await isHeld();
    expect(await standing()).toEqual({ heldSince, failingSince: null });
    await fails();
    expect(await standing()).toEqual({ heldSince, failingSince: expect.any(Date) });
    expect(await warnings()).toEqual([
      expect.stringContaining(heldSince?.toISOString() ?? '?'),
      expect.stringContaining('failing since'),
    ]);
    await isHeld(); // whole again, and held still
    expect(await standing()).toEqual({ heldSince, failingSince: null });
    await world.says(people(0, 19));
    await one.synchronise();
    expect(await warnings()).toEqual([]);
  });

  it('does not depend on dry runs', async () => {
    await writeFile(world.path, '{');
    expect(await one.synchronise({ dryRun: true })).toMatchObject({ state: 'FAILED' });
    expect(await warnings()).toEqual([]);
    await fails();
    await world.says(people(0, 19));
    expect(await one.synchronise({ dryRun: true })).toMatchObject({ state: 'SUCCEEDED' });
    expect(await warnings()).toHaveLength(1);
  });

  it('names nobody', async () => {
    await isHeld();
    expect((await warnings()).join()).not.toMatch(/user\d|ada/);
  });
});
