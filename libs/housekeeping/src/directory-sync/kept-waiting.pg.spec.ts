import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '@tokenwarden/database';
import { lockUser } from '@tokenwarden/directory';
import { holdOffBulkRevocations } from '@tokenwarden/tokens';
import { instanceForSpecs, people, syncWorldForSpecs, userId } from '../../test/sync-world.js';

const world = syncWorldForSpecs();
const one = instanceForSpecs(world);
let theirs: Database;
beforeEach(async () => {
  theirs = (await world.instance()).database;
  await world.says(people(0, 10));
  await one.synchronise();
});

/** A user whose requests overlap, so that somebody shares their row at every moment, until told to end. */
function hammering(id: string): () => Promise<void> {
  let isOver = false;
  const requests = Array.from({ length: 6 }, async () => {
    while (!isOver) {
      await theirs
        .transaction(async (tx) => {
          await holdOffBulkRevocations(tx);
          await lockUser(tx, id);
          await new Promise((resolve) => setTimeout(resolve, 100));
        })
        .catch(() => undefined);
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(requests);
  };
}

describe('a user who goes on asking for tokens while the directory takes them away', () => {
  it.each([
    ['removed', () => people(1, 10)],
    [
      'disabled',
      () => {
        const { users, groups } = people(0, 10);
        return { users: users.map((user, i) => (i === 1 ? { ...user, enabled: false } : user)), groups };
      },
    ],
  ])('is %s all the same', async (_, said) => {
    await world.says(said());
    const end = hammering(userId(0));
    const run = await one.synchronise();
    await end();
    expect(run).toMatchObject({ state: 'SUCCEEDED', affected: 1, error: null });
    expect(await world.activeUsers()).toBe(10);
    expect(await world.events('user.')).toHaveLength(11 + 1);
  });
});
