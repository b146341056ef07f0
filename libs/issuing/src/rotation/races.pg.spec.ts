import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  endOnSuccessorsUse,
  holdOffBulkRevocations,
  lockToken,
  resumeToken,
  revokeToken,
  suspendToken,
} from '@tokenwarden/tokens';
import { SYSTEM, type Caller } from '@tokenwarden/vocabulary';
import { World } from '../../test/world.js';

/** Rounds of the race; TOKENWARDEN_RACE_ROUNDS=1000 is what a release is looked at with. */
const ROUNDS = Number(process.env['TOKENWARDEN_RACE_ROUNDS'] ?? 40);
const CALLS_A_ROUND = 20;

let world: World;
let grace: Caller;
beforeAll(async () => {
  world = await World.begin();
  grace = await world.person({ groupIds: [await world.group(['tokens:rotate-self'])] });
});
afterAll(() => world.end());

/** What somebody does to the token by another room, under the locks that everybody takes. */
const changed = (id: string, change: 'revoke' | 'suspend' | 'resume' | 'use') =>
  world.database.transaction(async (tx) => {
    await holdOffBulkRevocations(tx);
    if (change === 'use') return endOnSuccessorsUse(tx, id);
    const token = await lockToken(tx, id);
    if (!token) throw new Error('It is gone.');
    if (change === 'revoke') return void (await revokeToken(tx, token, SYSTEM, null));
    if (change === 'resume') return void (await resumeToken(tx, token, SYSTEM, { reason: null }));
    return void (await suspendToken(tx, token, SYSTEM, { reason: null, withScope: false }));
  });

const CALLS = ['rotate', 'rotate by token', 'revoke', 'suspend', 'resume', 'use'] as const;

async function call(what: (typeof CALLS)[number], id: string): Promise<string> {
  const done = {
    rotate: () => world.rotation.rotate(grace, { id, endOldOnFirstUse: true }),
    'rotate by token': () => world.rotation.rotate(world.byToken(grace, id), { id, overlap: 'PT0S' }),
  };
  const outcome = what === 'rotate' || what === 'rotate by token' ? done[what]() : changed(id, what);
  return outcome.then(
    () => `${what} done`,
    (problem: { code?: string; message: string }) => problem.code ?? problem.message,
  );
}

const EXPECTED = [...CALLS.map((what) => `${what} done`), 'ALREADY_ROTATED', 'TOKEN_NOT_ACTIVE'];

describe('rotating, revoking, suspending and using one token at once', () => {
  it(
    `leaves at most one successor, and after a revoke nothing of it lives (${ROUNDS} rounds)`,
    async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { token } = await world.issuing.issueUserToken(await oneOfMany(round), {
          name: `round ${round}`,
        });
        const calls = Array.from({ length: CALLS_A_ROUND }, (_, i) => CALLS[(i * 7 + round) % CALLS.length]);
        // Of some rounds nobody revokes, so that rotations are seen to succeed as well.
        const raced = calls.map((what) => (what === 'revoke' && round % 2 === 1 ? 'use' : (what ?? 'use')));
        const outcomes = await Promise.all(raced.map((what) => call(what, token.id)));
        expect(outcomes.filter((outcome) => !EXPECTED.includes(outcome))).toEqual([]);

        const successors = await world.sql('SELECT id FROM access_tokens WHERE predecessor_id = $1', [
          token.id,
        ]);
        const rotations = outcomes.filter((outcome) => outcome.startsWith('rotate')).length;
        expect(successors.length).toBeLessThanOrEqual(1);
        expect(rotations).toBe(successors.length);
        const after = await world.token(token.id);
        if (outcomes.includes('revoke done')) expect(after.revokedAt).not.toBeNull();

        // What is revoked gets no successor any more, in the order in which it was committed.
        const actions = await world.sql<{ action: string }>(
          'SELECT action FROM audit_pending_events WHERE target_id = $1 ORDER BY arrival',
          [token.id],
        );
        const revokedAt = actions.findIndex(({ action }) => action === 'token.revoked');
        const rotatedAt = actions.findIndex(({ action }) => action === 'token.rotated');
        expect(actions.filter(({ action }) => action === 'token.rotated')).toHaveLength(rotations);
        if (revokedAt >= 0 && rotatedAt >= 0) expect(rotatedAt).toBeLessThan(revokedAt);
      }
    },
    20_000 + ROUNDS * 1_000,
  );
});

/** Nobody is issued more than 600 tokens a minute: a long race has several owners. */
async function oneOfMany(round: number): Promise<Caller> {
  if (round % 200 === 199) grace = await world.person({ groupIds: grace.groupIds as string[] });
  return grace;
}
