import { beforeEach, describe, expect, it } from '@jest/globals';
import { rows } from '@tokenwarden/database';
import { findToken, lockToken, revokeMany, revokeToken } from '@tokenwarden/tokens';
import { endOrphanGraces, newlyPastGrace } from './orphan-graces.js';
import { ada, theseIds, worldForSpecs } from '../test/world.js';

const world = worldForSpecs();
let etl: { id: string; groupId: string };
beforeEach(async () => {
  etl = await world.account();
});

/** The group of the account is gone, since so many days. */
async function orphan(account: { id: string; groupId: string }, days: number): Promise<void> {
  world.groups.delete(account.groupId);
  await world.sync();
  await world.sql(
    `UPDATE service_accounts SET orphaned_at = orphaned_at - make_interval(hours => 24 * $1) WHERE id = $2`,
    [days, account.id],
  );
}
const tokensOf = (account: { id: string }, count: number) =>
  world.tokens(count, account.id, 'SERVICE_ACCOUNT');
const revoked = async (ids: readonly string[]) =>
  (await world.rows(ids)).filter(({ revoked_at }) => revoked_at !== null);
const stateOf = async ({ id }: { id: string }) =>
  (
    await world.sql<{ orphaned_at: Date | null }>('SELECT orphaned_at FROM service_accounts WHERE id = $1', [
      id,
    ])
  )[0]?.orphaned_at !== null;

describe('the tokens of an account that has been orphaned for longer than the grace', () => {
  it('are revoked by SYSTEM, which says why, each with its event; the account stays orphaned', async () => {
    const ids = await tokensOf(etl, 3);
    await orphan(etl, 31);
    expect(await world.endGraces()).toEqual({ accounts: 1, revokedTokens: 3 });
    const reason = expect.stringMatching(/group.* gone .*grace of P30D/);
    expect(await revoked(ids)).toHaveLength(3);
    expect((await world.rows(ids))[0]).toMatchObject({
      revoked_by: { kind: 'SYSTEM' },
      revoked_reason: reason,
    });
    expect(await world.eventsOfEach(ids, 'token.revoked')).toEqual([1]);
    expect((await world.events('token.revoked'))[0]).toMatchObject({
      actor_kind: 'SYSTEM',
      details: { reason },
    });
    expect(await world.events('tokens.bulk-revoked')).toMatchObject([
      { actor_kind: 'SYSTEM', details: { cause: 'ORPHAN_GRACE', serviceAccounts: 1, count: 3 } },
    ]);
    expect(await stateOf(etl)).toBe(true);
  });

  it('stay while the clocks are apart: it may not have been that long', async () => {
    const ids = await tokensOf(etl, 2);
    await orphan(etl, 29);
    await world.sql('CREATE SCHEMA wrong');
    await world.sql(`CREATE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
      $$ SELECT pg_catalog.clock_timestamp() + interval '2 days' $$`);
    const ended = await world.database.transaction(async (tx) => {
      await rows(tx, 'SET LOCAL search_path = wrong, public, pg_catalog');
      return [await endOrphanGraces(tx, 'P30D'), await newlyPastGrace(tx, 'P30D')];
    });
    expect(ended).toEqual([{ accounts: 0, revokedTokens: 0 }, []]);
    expect(await revoked(ids)).toEqual([]);
  });

  it('are revoked once: called again it finds nothing', async () => {
    const ids = await tokensOf(etl, 3);
    await orphan(etl, 31);
    await world.endGraces();
    expect(await world.endGraces()).toEqual({ accounts: 0, revokedTokens: 0 });
    expect(await world.eventsOfEach(ids, 'token.revoked')).toEqual([1]);
  });

  it('are let be within the grace, and those of accounts that are none', async () => {
    const other = await world.account();
    const ids = [...(await tokensOf(etl, 2)), ...(await tokensOf(other, 2))];
    await orphan(etl, 29);
    expect(await world.endGraces()).toEqual({ accounts: 0, revokedTokens: 0 });
    expect(await revoked(ids)).toEqual([]);
  });

  it('are ended at once by a grace of nothing', async () => {
    await tokensOf(etl, 2);
    await orphan(etl, 0);
    expect(await world.endGraces('PT0S')).toEqual({ accounts: 1, revokedTokens: 2 });
  });

  it('are those of several accounts together; ended ones count for nothing', async () => {
    const [other, idle] = [await world.account(), await world.account()];
    const [first = '', leaked = '', ...ids] = await tokensOf(etl, 5);
    ids.push(...(await tokensOf(other, 2)));
    for (const account of [etl, other, idle]) await orphan(account, 31);
    await world.database.transaction(async (tx) => {
      const token = await lockToken(tx, first);
      if (token) await revokeToken(tx, token, ada, 'mine');
      await revokeMany(tx, theseIds([leaked]), { by: ada, reason: 'leak', details: {} });
    });
    expect(await world.endGraces()).toEqual({ accounts: 2, revokedTokens: 5 });
    expect(await revoked(ids)).toHaveLength(5);
    await world.writeRevocations();
    expect((await world.rows([first, leaked])).map((row) => row.revoked_reason).sort()).toEqual([
      'leak',
      'mine',
    ]);
    expect(await world.eventsOfEach([first, leaked, ...ids], 'token.revoked')).toEqual([1]);
  });
});

describe('an account whose group is in the directory again', () => {
  it('is brought back within the grace, and keeps its tokens', async () => {
    const ids = await tokensOf(etl, 2);
    await orphan(etl, 29);
    world.groups.set(etl.groupId, 'back');
    expect((await world.sync()).recoveredAccounts).toMatchObject([{ id: etl.id }]);
    expect(await world.endGraces()).toEqual({ accounts: 0, revokedTokens: 0 });
    expect(await revoked(ids)).toEqual([]);
  });

  it('is not after it: its tokens end, in the very synchronisation that shows the group', async () => {
    await tokensOf(etl, 2);
    await orphan(etl, 31);
    world.groups.set(etl.groupId, 'back');
    expect((await world.sync()).recoveredAccounts).toEqual([]);
    expect(await world.endGraces()).toEqual({ accounts: 1, revokedTokens: 2 });
  });
});

describe('very many tokens of such accounts', () => {
  it('are revoked by one decision from a thousand and one on', async () => {
    const other = await world.account();
    const ids = [...(await tokensOf(etl, 400)), ...(await tokensOf(other, 601))].sort();
    for (const account of [etl, other]) await orphan(account, 31);
    expect(await world.endGraces()).toEqual({ accounts: 2, revokedTokens: 1_001 });
    expect(await world.frozen()).toEqual(ids);
    expect((await world.events('tokens.bulk-revoked'))[0]).toMatchObject({
      actor_kind: 'SYSTEM',
      details: { cause: 'ORPHAN_GRACE', serviceAccounts: 2, count: 1_001 },
    });
    expect(await world.endGraces()).toEqual({ accounts: 0, revokedTokens: 0 });
    await world.writeRevocations();
    expect(await world.eventsOfEach(ids, 'token.revoked')).toEqual([1]);
  });

  it('are written there and then up to a thousand', async () => {
    const ids = await tokensOf(etl, 1_000);
    await orphan(etl, 31);
    expect(await world.endGraces()).toEqual({ accounts: 1, revokedTokens: 1_000 });
    expect(await revoked(ids)).toHaveLength(1_000);
    expect(await world.frozen()).toEqual([]);
  });
});

describe('what somebody has in hand at that moment', () => {
  it('is left to the next time, and nobody is waited for: a token', async () => {
    const [held = '', ...others] = await tokensOf(etl, 3);
    await orphan(etl, 31);
    await world.whileLocked('access_tokens', 'id', held, async () => {
      expect(await world.endGraces()).toEqual({ accounts: 1, revokedTokens: 2 });
    });
    expect(await revoked(others)).toHaveLength(2);
    expect((await world.database.read((tx) => findToken(tx, held)))?.revokedAt).toBeNull();
    expect(await world.endGraces()).toEqual({ accounts: 1, revokedTokens: 1 });
  });

  it('is left to the next time, and nobody is waited for: an account', async () => {
    await tokensOf(etl, 3);
    await orphan(etl, 31);
    await world.database.transaction(async (tx) => {
      await rows(tx, 'SELECT FROM service_accounts WHERE id = $1 FOR SHARE', [etl.id]);
      expect(await world.endGraces()).toEqual({ accounts: 0, revokedTokens: 0 });
    });
    expect(await world.endGraces()).toEqual({ accounts: 1, revokedTokens: 3 });
  });
});
