import { beforeEach, describe, expect, it } from '@jest/globals';
import { databaseNow } from '@tokenwarden/database';
import { lockToken, resumeToken, revokeMany, revokeToken, suspendToken } from '@tokenwarden/tokens';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { until } from '../../../test/harness/index.js';
import { ada, theseIds, worldForSpecs, type TokenRow } from '../test/world.js';
import { admitUser } from './index.js';

const DISABLED = 'The user was disabled in the directory.';

const world = worldForSpecs();
let grace: string;
let linus: string;
beforeEach(async () => {
  [grace = '', linus = ''] = await world.adds(2);
});

const disable = (...ids: string[]) => {
  world.says(ids, false);
  return world.sync();
};
const enable = (...ids: string[]) => {
  world.says(ids, true);
  return world.sync();
};
const isSuspendedBySystem = (row: TokenRow) =>
  row.suspended_by?.kind === 'SYSTEM' && !row.suspended_with_scope && row.revoked_at === null;
const suspended = async (ids: readonly string[]) => (await world.rows(ids)).filter(isSuspendedBySystem);
/** Writes until nothing waits, by a process of its own. */
async function writeAll(): Promise<void> {
  const { writer } = await world.process();
  writer.onApplicationBootstrap();
  await until(async () => (await world.waiting()).length === 0);
  await writer.beforeApplicationShutdown();
}
const change = (id: string | undefined, what: 'suspend' | 'resume' | 'revoke') =>
  world.database.transaction(async (tx) => {
    const token = await lockToken(tx, id ?? '');
    if (!token) throw new Error('There is no such token.');
    if (what === 'suspend') await suspendToken(tx, token, ada, { reason: 'by hand', withScope: true });
    else if (what === 'resume') await resumeToken(tx, token, ada, { reason: null });
    else await revokeToken(tx, token, ada, 'by hand');
  });

describe('users who are disabled with a thousand ACTIVE tokens together', () => {
  it('have them suspended in that very commit, each with its event', async () => {
    const ids = [...(await world.tokens(400, grace)), ...(await world.tokens(600, linus))];
    expect((await disable(grace, linus)).suspendedTokens).toBe(1_000);
    expect(await suspended(ids)).toHaveLength(1_000);
    expect(await world.eventsOfEach(ids, 'token.suspended')).toEqual([1]);
    expect(await world.waiting()).toEqual([]);
  });
});

describe('users who are disabled with a thousand and one', () => {
  let ids: string[];
  beforeEach(async () => {
    ids = [...(await world.tokens(400, grace)), ...(await world.tokens(601, linus))].sort();
  });

  it('are disabled at once, and their tokens wait to be suspended', async () => {
    const [idle = ''] = await world.adds(1);
    expect((await disable(grace, linus, idle)).suspendedTokens).toBe(1_001);
    expect(await world.waiting()).toEqual([grace, linus].sort());
    expect(await suspended(ids)).toEqual([]);
    const states = await world.sql('SELECT DISTINCT state FROM users WHERE id = ANY($1::uuid[])', [
      [grace, linus],
    ]);
    expect(states).toEqual([{ state: 'DISABLED' }]);
  });

  it('have them suspended behind the commit, as of it, by SYSTEM, each once with one event', async () => {
    await disable(grace, linus);
    const [decided] = await world.sql<{ decided_at: Date }>(
      'SELECT min(decided_at) AS decided_at FROM waiting_suspensions',
    );
    await writeAll();
    const rows = await suspended(ids);
    expect(rows).toHaveLength(1_001);
    expect(Math.min(...rows.map(({ suspended_at }) => Number(suspended_at)))).toBe(
      Number(decided?.decided_at),
    );
    expect(await world.eventsOfEach(ids, 'token.suspended')).toEqual([1]);
    const [event] = await world.events('token.suspended');
    expect(event).toMatchObject({ actor_kind: 'SYSTEM', details: { reason: DISABLED } });
    const changes = await world.sql<{ count: number }>(
      `SELECT count(DISTINCT id)::integer AS count FROM changes, unnest(subject_ids) AS id WHERE kind = 'token'`,
    );
    expect(changes).toEqual([{ count: 1_001 }]);
  });

  it('count those alone that were ACTIVE: suspended and ended ones stay what they were', async () => {
    const [byHand, gone, leaked = ''] = ids;
    await change(byHand, 'suspend');
    await change(gone, 'revoke');
    await world.database.transaction((tx) =>
      revokeMany(tx, theseIds([leaked]), { by: ada, reason: 'leak', details: {} }),
    );
    await world.tokens(3, grace);
    expect((await disable(grace, linus)).suspendedTokens).toBe(1_001);
    await writeAll();
    expect(await world.rows([byHand ?? ''])).toMatchObject([{ suspended_with_scope: true }]);
    expect(await world.eventsOfEach([byHand ?? ''], 'token.suspended')).toEqual([1]);
    expect(await world.eventsOfEach([gone ?? '', leaked], 'token.suspended')).toEqual([0]);
  });

  it('keep what is done to a token by hand before it is written', async () => {
    await disable(grace, linus);
    const [byHand = '', gone = '', leaked = ''] = ids;
    await change(byHand, 'suspend');
    await change(gone, 'revoke');
    await world.database.transaction((tx) =>
      revokeMany(tx, theseIds([leaked]), { by: ada, reason: 'leak', details: {} }),
    );
    await writeAll();
    expect(await world.rows([byHand])).toMatchObject([
      { suspended_with_scope: true, suspended_by: ada.actor },
    ]);
    expect(await world.eventsOfEach([byHand], 'token.suspended')).toEqual([1]);
    expect(await world.eventsOfEach([gone, leaked], 'token.suspended')).toEqual([0]);
    expect(await suspended(ids)).toHaveLength(1_001 - 3);
    expect(await world.waiting()).toEqual([]);
  });

  it('have all of them suspended before they are enabled, in that very commit, and none is resumed by it', async () => {
    await disable(grace, linus);
    expect(await enable(grace)).toMatchObject({ suspendedTokens: 0 }); // it was counted when it was decided
    expect(await world.waiting()).toEqual([linus]);
    const graces = ids.filter((_, i) => i >= 0);
    const written = await suspended(graces);
    expect(written).toHaveLength(400);
    await enable(linus);
    expect(await world.waiting()).toEqual([]);
    expect(await suspended(ids)).toHaveLength(1_001);
    expect(await world.eventsOfEach(ids, 'token.suspended')).toEqual([1]);
  });

  it('have them suspended before a sign-in enables them', async () => {
    await disable(grace, linus);
    world.says([linus], true);
    const entry = world.people.get(linus);
    if (!entry) throw new Error('Nobody.');
    const admitted = await world.database.transaction(async (tx) =>
      admitUser(tx, entry, await databaseNow(tx)),
    );
    expect(admitted?.state).toBe('ACTIVE');
    expect(await world.waiting()).toEqual([grace]);
    expect(await suspended(ids)).toHaveLength(601);
  });

  it('have nothing suspended behind the commit that enabled them: what was resumed stays so', async () => {
    await disable(grace, linus);
    const { writer } = await world.process();
    writer.onApplicationBootstrap();
    await until(async () => (await suspended(ids)).length > 0);
    await enable(grace, linus);
    for (const id of ids.slice(0, 5)) await change(id, 'resume');
    await writer.beforeApplicationShutdown();
    await writeAll();
    expect(await suspended(ids)).toHaveLength(1_001 - 5);
    expect(await world.eventsOfEach(ids, 'token.suspended')).toEqual([1]);
  });

  it('are removed: then revoking wins, and nothing waits for them any more', async () => {
    await disable(grace, linus);
    world.forgets([grace, linus]);
    expect(await world.sync()).toMatchObject({ revokedTokens: 1_001, suspendedTokens: 0 });
    expect(await world.waiting()).toEqual([]);
    expect(await world.frozen()).toEqual(ids);
    await writeAll();
    await world.writeRevocations();
    expect((await world.rows(ids)).every((row) => row.revoked_at !== null && row.suspended_at === null)).toBe(
      true,
    );
    expect(await world.eventsOfEach(ids, 'token.suspended')).toEqual([0]);
  });

  it('are disabled, enabled and disabled again: each time what is ACTIVE then is suspended', async () => {
    await disable(grace, linus);
    await enable(grace, linus);
    for (const id of ids.slice(0, 2)) await change(id, 'resume');
    expect((await disable(grace, linus)).suspendedTokens).toBe(2);
    expect(await suspended(ids)).toHaveLength(1_001);
    expect(await world.eventsOfEach(ids.slice(0, 2), 'token.suspended')).toEqual([2]);
  });

  it('are disabled while others are enabled and others removed: each gets what is theirs', async () => {
    const [third = '', fourth = ''] = await world.adds(2);
    const [thirds, fourths] = [await world.tokens(3, third), await world.tokens(4, fourth)];
    await disable(grace, linus);
    world.says([third], false);
    world.forgets([fourth]);
    expect(await enable(grace)).toMatchObject({ suspendedTokens: 3, revokedTokens: 4 });
    expect(await suspended(thirds)).toHaveLength(3);
    expect((await world.rows(fourths)).every(({ revoked_at }) => revoked_at !== null)).toBe(true);
    expect(await world.waiting()).toEqual([linus]);
  });
});

describe('a user who is disabled by their sign-in', () => {
  it('has very many tokens wait as well', async () => {
    const ids = await world.tokens(1_001, grace);
    world.says([grace], false);
    const entry = world.people.get(grace);
    if (!entry) throw new Error('Nobody.');
    const admitted = await world.database.transaction(async (tx) =>
      admitUser(tx, entry, await databaseNow(tx)),
    );
    expect(admitted?.state).toBe('DISABLED');
    expect(await world.waiting()).toEqual([grace]);
    await writeAll();
    expect(await suspended(ids)).toHaveLength(1_001);
    expect((await world.events('token.suspended'))[0]).toMatchObject({ actor_kind: SYSTEM.actor.kind });
  });
});
