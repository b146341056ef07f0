import { describe, expect, it } from '@jest/globals';
import { databaseNow } from '@tokenwarden/database';
import { copyForSpecs, user, whole } from '../test/copy-world.js';
import {
  applyAnswer,
  compareAnswer,
  HeldAnswer,
  namedIn,
  type DirectoryUser,
  type NamedLosses,
} from './index.js';

const idOf = (number: number) => `0c5a6f2e-4b1d-4f0e-9a3b-${String(number).padStart(12, '0')}`;
const GROUP = { id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11', name: 'people', memberIds: [] };
const people = (from: number, to: number): DirectoryUser[] =>
  Array.from({ length: to - from }, (_, i) =>
    user(idOf(from + i), `user${from + i}`, { displayName: `User ${from + i}` }),
  );

const copy = copyForSpecs(people(0, 20), [GROUP]);
const apply = (users: DirectoryUser[], accepted?: NamedLosses) => copy.apply(users, [GROUP], accepted);
const count = async (what: string) =>
  (await copy.sql<{ count: number }>(`SELECT count(*)::int AS count FROM ${what}`))[0]?.count;
const activeUsers = () => count(`users WHERE state = 'ACTIVE'`);

/** What the brake says of an answer in a transaction that goes on, and commits. */
const held = (users: DirectoryUser[], accepted?: NamedLosses) =>
  copy.database.transaction(async (tx) => {
    const thrown = await applyAnswer(tx, whole(users, [GROUP]), await databaseNow(tx), accepted).catch(
      (error: unknown) => error,
    );
    if (!(thrown instanceof HeldAnswer)) throw new Error('It was not held.');
    return thrown;
  });

describe('an answer that takes away too much', () => {
  it('is not applied at all, its harmless part neither, while the transaction goes on', async () => {
    const renamed = people(5, 25).map((user) => ({ ...user, displayName: 'renamed' }));
    const { reasons, toll } = await held(renamed);
    expect(reasons).toEqual(['It would disable or remove 5 of 20 active users.']);
    expect(toll.losses.removedUsers.map(({ name }) => name).sort()).toEqual([
      ...['user0', 'user1', 'user2', 'user3', 'user4'],
    ]);
    expect(await activeUsers()).toBe(20);
    expect(await count(`users WHERE display_name = 'renamed'`)).toBe(0);
    expect(await count('audit_pending_events')).toBe(0);
    expect(await count('changes')).toBe(0);
  });

  it('is applied where that, or more, was accepted; beyond it, it is held again', async () => {
    const { toll } = await held(people(6, 20));
    const accepted = namedIn(toll.losses);
    const { reasons } = await held(people(7, 20), accepted);
    expect(reasons).toEqual(['It would remove 1 user beyond what was accepted.']);
    expect(await activeUsers()).toBe(20);
    await apply(people(5, 20), accepted);
    expect(await activeUsers()).toBe(15);
  });

  it('is small enough one user earlier', async () => {
    await apply(people(4, 20));
    expect(await activeUsers()).toBe(16);
  });
});

describe('an answer that has nobody disabled any more', () => {
  const disabled = (to: number) => people(0, 20).map((user, i) => ({ ...user, enabled: i >= to }));

  it('is held from five on, and enables them where that was accepted', async () => {
    await apply(disabled(5), namedIn((await held(disabled(5))).toll.losses));
    expect(await activeUsers()).toBe(15);
    const { reasons, toll } = await held(people(0, 20));
    expect(reasons).toEqual([expect.stringContaining('enables all 5 users')]);
    expect(await activeUsers()).toBe(15);
    const { warnings } = await apply(people(0, 20), namedIn(toll.losses));
    expect(warnings).toEqual(reasons);
    expect(await activeUsers()).toBe(20);
  });

  it('is applied one user earlier, with a warning', async () => {
    await apply(disabled(4));
    const { warnings } = await apply(people(0, 20));
    expect(warnings).toEqual([expect.stringContaining('enables all 4 users')]);
    expect(await activeUsers()).toBe(20);
  });
});

describe('a comparison', () => {
  it('says what an answer would do, and does none of it', async () => {
    const { changes, toll } = await copy.database.read(async (tx) =>
      compareAnswer(tx, whole(people(5, 21), [GROUP]), await databaseNow(tx)),
    );
    expect(toll.users).toEqual({ active: 20, lost: 5 });
    expect(changes.users.map(({ action }) => action).sort()).toEqual([
      'created',
      ...Array.from({ length: 5 }, () => 'removed'),
    ]);
    expect(await activeUsers()).toBe(20);
  });
});
