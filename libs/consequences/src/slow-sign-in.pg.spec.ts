import { beforeEach, describe, expect, it } from '@jest/globals';
import { databaseNow } from '@tokenwarden/database';
import type { DirectoryUser } from '@tokenwarden/directory';
import { until } from '../../../test/harness/index.js';
import { worldForSpecs } from '../test/world.js';
import { admitUser } from './index.js';

const world = worldForSpecs();
let grace: string;
beforeEach(async () => {
  [grace = ''] = await world.adds(1);
});

const now = () => world.database.read(databaseNow);
const entryNow = (): DirectoryUser => {
  const entry = world.people.get(grace);
  if (!entry) throw new Error('Nobody.');
  return entry;
};
const signIn = (entry: DirectoryUser, readFrom: Date) =>
  world.database.transaction((tx) => admitUser(tx, entry, readFrom), { withinSeconds: 30 });
const says = (facts: Partial<DirectoryUser>) => world.people.set(grace, { ...entryNow(), ...facts });
const inCopy = async () =>
  (
    await world.sql<{ state: string; name: string; signedIn: boolean }>(
      `SELECT state, display_name AS name, last_sign_in_at IS NOT NULL AS "signedIn" FROM users WHERE id = $1`,
      [grace],
    )
  )[0];
const somebodyWaits = async () =>
  (
    await world.sql(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
  ).length > 0;
const eventsOfUsers = () =>
  world.sql(`SELECT action FROM audit_pending_events WHERE target_id = $1 ORDER BY arrival`, [grace]);

/** Signs in while what the directory says is applied, and so waits for that; gives who is signed in. */
async function signInMeanwhile(entry: DirectoryUser, readFrom: Date) {
  let slow: ReturnType<typeof signIn> | undefined;
  await world.database.transaction(
    async (tx) => {
      await world.apply(tx);
      slow = signIn(entry, readFrom);
      await until(somebodyWaits);
    },
    { withinSeconds: 30 },
  );
  return slow;
}

/** What a synchronisation finds while somebody signs in by the entry from before, and what they are then. */
const MEANWHILE: [string, () => void, { state: string }][] = [
  ['disabled', () => world.says([grace], false), { state: 'DISABLED' }],
  ['removed', () => world.forgets([grace]), { state: 'REMOVED' }],
];

describe('a sign-in whose entry was read before an answer was applied', () => {
  describe.each([
    ['as the copy had it', {}],
    ['another than the copy had', { displayName: 'Grace Hopper' }],
  ])('and was %s', (_, facts) => {
    it.each(MEANWHILE)('changes nothing of who was %s meanwhile', async (_kind, happens, after) => {
      const tokens = await world.tokens(2, grace);
      const [entry, readFrom] = [{ ...entryNow(), ...facts }, await now()];
      happens();
      await world.sync();
      const before = await eventsOfUsers();
      expect((await signIn(entry, readFrom))?.state).toBe(after.state);
      expect(await inCopy()).toEqual({ ...after, name: grace, signedIn: false });
      expect(await eventsOfUsers()).toEqual(before);
      for (const row of await world.rows(tokens)) expect(row.suspended_at ?? row.revoked_at).not.toBeNull();
    });

    it.each(MEANWHILE)('nor where it waits for that answer: of who is %s', async (_kind, happens, after) => {
      const [entry, readFrom] = [{ ...entryNow(), ...facts }, await now()];
      happens();
      const slow = await signInMeanwhile(entry, readFrom);
      expect(slow?.state).toBe(after.state);
      expect(await inCopy()).toEqual({ ...after, name: grace, signedIn: false });
    });

    it('signs in who was renamed meanwhile, and leaves their new name', async () => {
      const [entry, readFrom] = [{ ...entryNow(), ...facts }, await now()];
      says({ displayName: 'Rear Admiral Hopper' });
      const slow = await signInMeanwhile(entry, readFrom);
      expect(slow).toMatchObject({ state: 'ACTIVE', displayName: 'Rear Admiral Hopper' });
      expect(await inCopy()).toEqual({ state: 'ACTIVE', name: 'Rear Admiral Hopper', signedIn: true });
    });
  });

  it('creates nobody whom the answer does not name', async () => {
    world.forgets([grace]);
    const readFrom = await now();
    await world.sync();
    const eve = { ...(world.people.values().next().value as DirectoryUser), id: grace.replace(/^./, 'f') };
    expect(await signIn({ ...eve, username: 'eve' }, readFrom)).toBeUndefined();
    expect(await world.sql('SELECT FROM users WHERE id = $1', [eve.id])).toEqual([]);
  });

  it('changes somebody at the next try', async () => {
    const readFrom = await now();
    world.says([grace], false);
    await world.sync();
    world.says([grace], true);
    expect((await signIn(entryNow(), readFrom))?.state).toBe('DISABLED');
    expect((await signIn(entryNow(), await now()))?.state).toBe('ACTIVE');
  });
});

describe('a sign-in whose entry was read before', () => {
  it('an answer was read, and that is written first, is undone by that answer', async () => {
    const [entry, readFrom] = [{ ...entryNow(), displayName: 'Grace Hopper' }, await now()];
    world.says([grace], false);
    await until(async () => (await now()) > readFrom);
    const answerReadFrom = await now();
    expect((await signIn(entry, readFrom))?.state).toBe('ACTIVE');
    await world.sync('P30D', answerReadFrom);
    expect((await inCopy())?.state).toBe('DISABLED');
  });

  it('that of another sign-in leaves what that one has found', async () => {
    const [entry, readFrom] = [entryNow(), await now()];
    await until(async () => (await now()) > readFrom);
    says({ displayName: 'Grace Hopper' });
    await signIn(entryNow(), await now());
    expect(await signIn(entry, readFrom)).toMatchObject({ displayName: 'Grace Hopper', state: 'ACTIVE' });
  });
});
