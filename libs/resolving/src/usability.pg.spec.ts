import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Loaders } from '@tokenwarden/api';
import { findToken, toAccessToken } from '@tokenwarden/tokens';
import { authorOf, type UnusableReason } from '@tokenwarden/vocabulary';
import { bearer, IDS, World } from '../test/world.js';
import { RECORD_OF_PRESENTED_TOKEN, RECORDS_OF_TOKENS } from './resolving.queries.js';
import { UsabilityResolver } from './usability.resolver.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const origin = { address: '192.0.2.7', userAgent: 'curl', requestId: 'request-1' };
const usabilityOf = async (id: string) => (await world.resolving.usabilityOf([id])).get(id);

describe('the usability of tokens', () => {
  it('is what resolving says, for a whole page in one statement', async () => {
    const tokens = [
      await world.issue(),
      await world.issue({ principalId: IDS.ada }),
      await world.issue({ scopes: ['a:b'] }),
    ];
    const asked = jest.spyOn(world.database, 'read');
    const found = await world.resolving.usabilityOf(tokens.map(({ id }) => id));
    expect(asked).toHaveBeenCalledTimes(1);
    asked.mockRestore();
    for (const { id, value } of tokens) {
      const resolution = await world.resolving.resolveToken(value);
      expect(found.get(id)).toEqual({
        reason: null,
        scopes: resolution.active ? resolution.scopes : undefined,
      });
    }
  });

  it.each<[string, UnusableReason]>([
    [`UPDATE access_tokens SET revoked_at = now(), revoked_by = '{}' WHERE id = $1`, 'REVOKED'],
    ['UPDATE access_tokens SET ends_at = created_at WHERE id = $1', 'EXPIRED'],
    [`UPDATE access_tokens SET suspended_at = now(), suspended_by = '{}' WHERE id = $1`, 'SUSPENDED'],
    [
      `UPDATE access_tokens SET issuer = 'https://old.example' WHERE id = $1`,
      'ISSUER_OR_AUDIENCE_NOT_IN_FORCE',
    ],
    [
      `UPDATE access_tokens SET audiences = '{https://gone.example}' WHERE id = $1`,
      'ISSUER_OR_AUDIENCE_NOT_IN_FORCE',
    ],
  ])('after %s is %s, and nothing may be done', async (sql, reason) => {
    const { id } = await world.issue();
    await world.sql(sql, [id]);
    expect(await usabilityOf(id)).toEqual({ reason, scopes: [] });
  });

  it('says when the key was withdrawn, at once and in every process', async () => {
    const { id, value } = await world.issue();
    await world.sql('UPDATE signing_keys SET withdrawn_at = now()');
    expect(await usabilityOf(id)).toEqual({ reason: 'KEY_WITHDRAWN', scopes: [] });
    expect(await world.resolving.resolveToken(value)).toEqual({ active: false });
    await world.sql('UPDATE signing_keys SET withdrawn_at = NULL');
  });

  it('follows the grants of the moment', async () => {
    const { id } = await world.issue({ scopes: ['dataset/*:read'] });
    expect(await usabilityOf(id)).toEqual({ reason: null, scopes: ['dataset/*:read'] });
    await world.sql(`UPDATE groups SET state = 'REMOVED', removed_at = now() WHERE id = $1`, [IDS.engineers]);
    expect(await usabilityOf(id)).toEqual({ reason: null, scopes: [] });
    await world.sql(`UPDATE groups SET state = 'ACTIVE', removed_at = NULL WHERE id = $1`, [IDS.engineers]);
  });
});

describe('the effective scopes', () => {
  it('are shown to whoever sees the token: else a token that names none would tell what its principal may do', async () => {
    const { id } = await world.issue({ principalId: IDS.ada });
    const row = await world.database.read((tx) => findToken(tx, id));
    if (row === null) throw new Error('It was issued.');
    const resolver = new UsabilityResolver(world.resolving);
    const now = new Date();
    const { scopes } = (await usabilityOf(id)) ?? {};
    expect(scopes).not.toEqual([]);
    expect(await resolver.effectiveScopes(toAccessToken(row, now), new Loaders())).toEqual(scopes);
    const foreign = toAccessToken(row, now, { isForeign: true });
    expect(await resolver.effectiveScopes(foreign, new Loaders())).toEqual([]);
  });
});

describe('the caller of a token', () => {
  it('may do no more than the token may', async () => {
    const { id, value, row } = await world.issue({ principalId: IDS.ada, scopes: ['tokens:read'] });
    expect(await world.resolving.callerOfToken(value, origin)).toEqual({
      carrier: 'token',
      principal: { kind: 'USER', id: IDS.ada, name: 'ada' },
      groupIds: [IDS.admins],
      permissions: ['tokens:read'],
      tokenId: id,
      sessionId: null,
      endsAt: row.expiresAt,
      origin,
    });
  });
  it('is nobody where the token does not resolve', async () =>
    expect(await world.resolving.callerOfToken('garbage', origin)).toBeUndefined());
});

describe('a token that is inspected', () => {
  const by = async () => {
    const caller = await world.resolving.callerOfToken(
      (await world.issue({ principalId: IDS.ada })).value,
      origin,
    );
    if (caller === undefined) throw new Error('ada has no token.');
    return authorOf(caller);
  };

  it('is given to whoever found it, an ended one too, and that is recorded without its value', async () => {
    const { id, value } = await world.issue({ name: 'lost' });
    await world.post('/oauth2/revoke', { token: value }, bearer((await world.issue()).value));
    expect(await world.resolving.inspectToken(value, await by())).toMatchObject({
      id,
      revokedAt: expect.any(Date),
    });
    const events = await world.events('token.inspected');
    expect(events).toEqual([
      expect.objectContaining({ actor_id: IDS.ada, target_id: id, target_name: 'lost' }),
    ]);
    expect(JSON.stringify(events)).not.toContain(value.slice(-20));
  });

  it('is null, and unrecorded, where signature or issuer are not ours', async () => {
    const elsewhere = await world.issue({ issuer: 'https://elsewhere.example' });
    const before = await world.events('token.inspected');
    for (const value of ['garbage', elsewhere.value, `tws_${'A'.repeat(43)}`]) {
      expect(await world.resolving.inspectToken(value, await by())).toBeNull();
    }
    expect(await world.events('token.inspected')).toHaveLength(before.length);
  });
});

describe('the plan of the hot statements', () => {
  it.each([
    ['one presented token', RECORD_OF_PRESENTED_TOKEN, (id: string) => [id, 'tokenwarden-x']],
    ['many tokens', RECORDS_OF_TOKENS, (id: string) => [[id]]],
  ])('for %s goes by the key of the tokens', async (_, { asARule, whileEndsMove }, parametersFor) => {
    const { id } = await world.issue();
    // On a handful of rows reading all of them is cheaper: what counts is that the planner can do without.
    const planOf = (sql: string) =>
      world.database.transaction(async (tx) => {
        await tx.query('SET LOCAL enable_seqscan = off');
        return JSON.stringify(await tx.query(`EXPLAIN ${sql}`, parametersFor(id)));
      });
    for (const plan of [await planOf(asARule), await planOf(whileEndsMove)]) {
      expect(plan).toContain('access_tokens_pkey');
      expect(plan).toContain('bulk_revocation_sets_waiting');
      expect(plan).not.toContain('Seq Scan');
    }
    expect(await planOf(asARule)).toContain('bulk_caps_waiting');
    expect(await planOf(asARule)).not.toContain('bulk_cap_sets');
    expect(await planOf(whileEndsMove)).toContain('bulk_cap_sets_waiting');
  });
});
