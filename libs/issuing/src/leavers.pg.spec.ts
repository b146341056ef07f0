import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applyConsequences, type ConsequencesDone } from '@tokenwarden/consequences';
import { databaseNow, type Transaction } from '@tokenwarden/database';
import { applyAnswer } from '@tokenwarden/directory';
import {
  holdAllTokens,
  holdOffBulkRevocations,
  lockToken,
  revokeToken,
  writeWaitingSet,
} from '@tokenwarden/tokens';
import { authorOf, SYSTEM, type Caller } from '@tokenwarden/vocabulary';
import { World } from '../test/world.js';

/** Rounds of a race; TOKENWARDEN_RACE_ROUNDS=100 is what a release is looked at with. */
const ROUNDS = Number(process.env['TOKENWARDEN_RACE_ROUNDS'] ?? 4);
/** So many tokens that a change of their owner commits before their rows are written. */
const VERY_MANY = 1_100;

let world: World;
let data: string;
let ada: Caller;
beforeAll(async () => {
  world = await World.begin();
  data = await world.group(['dataset/*:read']);
  ada = await world.person({ groupIds: [data] });
});
afterAll(() => world.end());

/** What the directory says from now on, with all that follows: ada and whoever is named, all of data. */
function sync(...others: { id: string; enabled: boolean }[]): Promise<ConsequencesDone> {
  const users = [{ id: ada.principal.id, enabled: true }, ...others].map(({ id, enabled }) => ({
    ...{ id, username: id, displayName: id, email: null, enabled },
  }));
  const groups = [{ id: data, name: data, memberIds: users.map(({ id }) => id) }];
  const apply = async (tx: Transaction) => {
    const answer = { whole: true, users, groups, warnings: [] } as const;
    return applyConsequences(tx, await applyAnswer(tx, answer, await databaseNow(tx)), 'P30D');
  };
  // Whoever shares a user is let in first: one who is kept waiting for too long is alone the second time, as a synchronisation.
  return world.database.transaction(apply, BOUNDS).catch(async (error: unknown) => {
    if ((error as { code?: unknown }).code !== 'UNAVAILABLE') throw error;
    return world.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      return apply(tx);
    }, BOUNDS);
  });
}
const BOUNDS = { withinSeconds: 15 };

/** What whoever is no longer there is told, whichever is looked at first. */
const REFUSALS = ['PRINCIPAL_NOT_ACTIVE', 'SCOPE_NOT_GRANTED', 'TOKEN_NOT_ACTIVE'];

/**
 * Several who issue, rotate and revoke as fast as they can until they are refused, while the change is made; gives what
 * came of it, and the tokens that were issued.
 */
async function whileIssuing<T>(
  grace: Caller,
  change: () => Promise<T>,
): Promise<{ done: T; issued: string[] }> {
  const issued: string[] = [];
  const refusals: unknown[] = [];
  const scopes = ['dataset/a:read'];
  const ways = [
    () => world.issuing.issueUserToken(grace, { name: 'own' }),
    () => world.issuing.issueUserToken(grace, { name: 'scoped', scopes }),
    async () => {
      const { token } = await world.issuing.issueUserToken(grace, { name: 'old' });
      issued.push(token.id);
      return world.rotation.rotate(grace, { id: token.id });
    },
    async () => {
      const { token } = await world.issuing.issueUserToken(grace, { name: 'short-lived' });
      await world.database.transaction(async (tx) => {
        await holdOffBulkRevocations(tx);
        const locked = await lockToken(tx, token.id);
        if (locked) await revokeToken(tx, locked, authorOf(grace), 'mine');
      });
      return { token };
    },
  ];
  const issuers = ways.map(async (way) => {
    for (;;) {
      try {
        issued.push((await way()).token.id);
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (code !== 'UNAVAILABLE') return void refusals.push(code ?? error); // else it waited for too long
      }
    }
  });
  while (issued.length < 4) await new Promise((resolve) => setImmediate(resolve));
  const done = await change();
  await Promise.all(issuers);
  expect(refusals.filter((code) => !REFUSALS.includes(String(code)))).toEqual([]);
  return { done, issued };
}

const notRevoked = (principalId: string) =>
  world.sql('SELECT id FROM access_tokens WHERE principal_id = $1 AND revoked_at IS NULL', [principalId]);
/** How many events of an action there are of each of a principal's tokens, as a set; those that were revoked by hand left out. */
const eventsOfEach = (principalId: string, action: string) =>
  world.sql(
    `SELECT DISTINCT count(e.id)::integer AS count FROM access_tokens t
     LEFT JOIN audit_pending_events e ON e.target_id = t.id::text AND e.action = $2
     WHERE t.principal_id = $1 AND t.revoked_reason IS DISTINCT FROM 'mine' GROUP BY t.id`,
    [principalId, action],
  );

describe('a user with very many tokens who is removed while tokens are issued to them, rotated and revoked', () => {
  it(`has all of them revoked: exactly those that were there are frozen, and none slips past (${ROUNDS} rounds)`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const grace = await world.person({ groupIds: [data] });
      await world.manyTokens(grace, VERY_MANY, 120);
      const { done, issued } = await whileIssuing(grace, () => sync());
      const frozen = await world.sql<{ id: string }>(
        `SELECT unnest(token_ids) AS id FROM bulk_revocation_sets s JOIN bulk_revocations r ON r.id = s.revocation_id
         WHERE r.written_at IS NULL`,
      );
      expect(done.revokedTokens).toBe(frozen.length);
      const hit = new Set(frozen.map(({ id }) => id));
      const live = await notRevoked(grace.principal.id);
      expect((live as { id: string }[]).filter(({ id }) => !hit.has(id))).toEqual([]);
      expect(issued.length).toBeGreaterThan(0);
      while (await world.database.transaction(writeWaitingSet)) continue;
      expect(await notRevoked(grace.principal.id)).toEqual([]);
      expect(await eventsOfEach(grace.principal.id, 'token.revoked')).toEqual([{ count: 1 }]);
    }
  });
});

describe('a user with very many tokens who is disabled while tokens are issued to them, rotated and revoked', () => {
  it(`has none left that is ACTIVE once they are enabled (${ROUNDS} rounds)`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const grace = await world.person({ groupIds: [data] });
      const { id } = grace.principal;
      await world.manyTokens(grace, VERY_MANY, 120);
      const { done } = await whileIssuing(grace, () => sync({ id, enabled: false }));
      expect(done.suspendedTokens).toBeGreaterThanOrEqual(VERY_MANY);
      expect(await world.sql('SELECT FROM waiting_suspensions WHERE user_id = $1', [id])).toHaveLength(1);
      await sync({ id, enabled: true });
      const active =
        'SELECT FROM access_tokens WHERE principal_id = $1 AND revoked_at IS NULL AND suspended_at IS NULL';
      expect(await world.sql(active, [id])).toEqual([]);
      const suspended = await world.sql<{ suspended_by: { kind: string } }>(
        'SELECT suspended_by FROM access_tokens WHERE principal_id = $1 AND suspended_at IS NOT NULL',
        [id],
      );
      // One that was revoked between the decision and its writing is not suspended.
      expect(suspended.length).toBeLessThanOrEqual(done.suspendedTokens);
      expect(suspended.length).toBeGreaterThanOrEqual(VERY_MANY);
      expect(suspended.every((row) => row.suspended_by.kind === SYSTEM.actor.kind)).toBe(true);
      expect(await eventsOfEach(id, 'token.suspended')).toEqual([{ count: 1 }]);
      await sync();
    }
  });
});
