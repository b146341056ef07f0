import { beforeEach, describe, expect, it } from '@jest/globals';
import { findToken, lockToken, revokeMany, revokeToken, suspendToken } from '@tokenwarden/tokens';
import { ada, theseIds, worldForSpecs } from '../test/world.js';

const world = worldForSpecs();
let grace: string;
let linus: string;
beforeEach(async () => {
  [grace = '', linus = ''] = await world.adds(2);
});

const remove = (...ids: string[]) => {
  world.forgets(ids);
  return world.sync();
};
const isRevoked = async (id: string) =>
  (await world.database.read((tx) => findToken(tx, id)))?.revokedAt !== null;

describe('users who are removed with a thousand live tokens together', () => {
  it('have them revoked in that very commit, each with its event, and one event of the whole', async () => {
    const ids = [...(await world.tokens(400, grace)), ...(await world.tokens(600, linus))];
    expect((await remove(grace, linus)).revokedTokens).toBe(1_000);
    expect((await world.rows(ids)).every(({ revoked_by }) => revoked_by?.kind === 'SYSTEM')).toBe(true);
    expect(await world.eventsOfEach(ids, 'token.revoked')).toEqual([1]);
    const details = { cause: 'DIRECTORY', removedUsers: 2, count: 1_000 };
    expect(await world.events('tokens.bulk-revoked')).toMatchObject([{ actor_kind: 'SYSTEM', details }]);
    expect(await world.frozen()).toEqual([]);
  });
});

describe('users who are removed with a thousand and one', () => {
  let ids: string[];
  beforeEach(async () => {
    ids = [...(await world.tokens(400, grace)), ...(await world.tokens(601, linus))].sort();
  });

  it('have them revoked by one decision of SYSTEM, which says that it was the directory and how many they were', async () => {
    expect((await remove(grace, linus)).revokedTokens).toBe(1_001);
    expect(await world.frozen()).toEqual(ids);
    expect((await world.rows(ids)).filter(({ revoked_at }) => revoked_at !== null)).toEqual([]);
    const [event, ...others] = await world.events('tokens.bulk-revoked');
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      actor_kind: 'SYSTEM',
      details: {
        cause: 'DIRECTORY',
        removedUsers: 2,
        count: 1_001,
        reason: 'The user was removed from the directory.',
      },
    });
    for (const id of [ids[0] ?? '', ids[500] ?? '', ids[1_000] ?? '']) expect(await isRevoked(id)).toBe(true);
  });

  it('have each of them written behind it with one event', async () => {
    await remove(grace, linus);
    await world.writeRevocations();
    const written = await world.rows(ids);
    expect(written.map(({ revoked_by, revoked_reason }) => [revoked_by?.kind, revoked_reason])).toEqual(
      ids.map(() => ['SYSTEM', 'The user was removed from the directory.']),
    );
    expect(await world.eventsOfEach(ids, 'token.revoked')).toEqual([1]);
  });

  it('get none of them back when they return under their ids before anything is written, nor after', async () => {
    await remove(grace, linus);
    world.says([grace, linus], true);
    expect(await world.sync()).toMatchObject({ revokedTokens: 0, suspendedTokens: 0 });
    expect(await isRevoked(ids[0] ?? '')).toBe(true);
    await world.writeRevocations();
    expect((await world.rows(ids)).every(({ revoked_at }) => revoked_at !== null)).toBe(true);
  });

  it('leave alone the tokens of everybody else, and those that had ended before', async () => {
    const [other = ''] = await world.adds(1);
    const spared = await world.tokens(5, other);
    const [revokedBefore = '', bulkRevoked = ''] = ids;
    await world.database.transaction(async (tx) => {
      const token = await lockToken(tx, revokedBefore);
      if (token) await revokeToken(tx, token, ada, 'mine');
      await revokeMany(tx, theseIds([bulkRevoked]), { by: ada, reason: 'leak', details: {} });
    });
    await world.tokens(2, grace);
    expect((await remove(grace, linus)).revokedTokens).toBe(1_001);
    await world.writeRevocations();
    expect((await world.rows(spared)).filter(({ revoked_at }) => revoked_at !== null)).toEqual([]);
    expect((await world.rows([revokedBefore, bulkRevoked])).map((row) => row.revoked_reason)).toEqual([
      'mine',
      'leak',
    ]);
    expect(await world.eventsOfEach(ids, 'token.revoked')).toEqual([1]);
  });

  it('lose suspended ones for good too', async () => {
    const [suspended = ''] = ids;
    await world.database.transaction(async (tx) => {
      const token = await lockToken(tx, suspended);
      if (token) await suspendToken(tx, token, ada, { reason: null, withScope: true });
    });
    expect((await remove(grace, linus)).revokedTokens).toBe(1_001);
    expect(await isRevoked(suspended)).toBe(true);
  });

  it('are removed by one answer that disables others', async () => {
    const [other = ''] = await world.adds(1);
    const suspended = await world.tokens(3, other);
    world.says([other], false);
    expect(await remove(grace, linus)).toMatchObject({ revokedTokens: 1_001, suspendedTokens: 3 });
    expect((await world.rows(suspended)).every(({ suspended_at }) => suspended_at !== null)).toBe(true);
  });
});

describe('very many users who are removed with one token each', () => {
  it('have all of them revoked, and are all counted', async () => {
    const users = await world.adds(2_001);
    await world.sql(
      `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
         expires_at, ends_at)
       SELECT gen_random_uuid(), 'USER', u.id, t.name, t.name, t.profile, t.audiences, t.issuer, t.kid, t.created_at, t.created_by,
         t.expires_at, t.ends_at
       FROM unnest($1::uuid[]) AS u (id), (SELECT * FROM access_tokens LIMIT 1) AS t`,
      [users],
    );
    expect((await remove(...users)).revokedTokens).toBe(2_001);
    expect(await world.frozen()).toHaveLength(2_001);
    const [event] = await world.events('tokens.bulk-revoked');
    expect(event).toMatchObject({ details: { removedUsers: 2_001, count: 2_001 } });
  });
});

describe('a token that somebody else revokes while its owner is removed', () => {
  it('keeps that revocation, and has one event', async () => {
    const ids = await world.tokens(1_001, grace);
    const [mine = ''] = ids;
    await world.database.transaction(async (tx) => {
      const token = await lockToken(tx, mine);
      expect((await remove(grace)).revokedTokens).toBe(1_001); // waits for nobody
      if (token) await revokeToken(tx, token, ada, 'mine');
    });
    await world.writeRevocations();
    expect((await world.rows([mine]))[0]).toMatchObject({ revoked_reason: 'mine' });
    expect(await world.eventsOfEach(ids, 'token.revoked')).toEqual([1]);
  });

  it('is revoked where it was only being suspended', async () => {
    const ids = await world.tokens(1_001, grace);
    const [mine = ''] = ids;
    await world.database.transaction(async (tx) => {
      const token = await lockToken(tx, mine);
      await remove(grace);
      if (token) await suspendToken(tx, token, ada, { reason: null, withScope: true });
    });
    expect(await isRevoked(mine)).toBe(true);
    await world.writeRevocations();
    expect(await world.eventsOfEach(ids, 'token.revoked')).toEqual([1]);
  });
});
