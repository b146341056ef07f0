import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '@tokenwarden/vocabulary';
import { World } from '../test/world.js';
import { ISSUED_A_MINUTE, LIVE_TOKENS } from './issuing-limits.rules.js';

let world: World;
beforeAll(async () => (world = await World.begin()));
afterAll(() => world.end());

/** How the answers come out when so many ask at the same time. */
async function outcomesOf(caller: Caller, count: number): Promise<string[]> {
  const answers = await Promise.allSettled(
    Array.from({ length: count }, () => world.issuing.issueUserToken(caller, { name: 'laptop' })),
  );
  return answers
    .map((answer) => (answer.status === 'fulfilled' ? 'issued' : (answer.reason as { code: string }).code))
    .sort();
}

describe('one principal at the limit', () => {
  it('is issued the 600th token of a minute and none beyond, however many ask at once', async () => {
    const grace = await world.person();
    await world.manyTokens(grace, ISSUED_A_MINUTE - 1, 0);
    expect(await outcomesOf(grace, 6)).toEqual([...Array<string>(5).fill('RATE_LIMITED'), 'issued']);
  });
  it('waits for the whole minute: what was issued 50 seconds ago counts, what was 65 seconds ago does not', async () => {
    const [grace, linus] = [await world.person(), await world.person()];
    await world.manyTokens(grace, ISSUED_A_MINUTE, 50);
    expect(await outcomesOf(grace, 1)).toEqual(['RATE_LIMITED']);
    await world.manyTokens(linus, ISSUED_A_MINUTE, 65);
    expect(await outcomesOf(linus, 1)).toEqual(['issued']);
  });
  it('has 10,000 live tokens and none beyond, however many ask at once', async () => {
    const grace = await world.person();
    await world.manyTokens(grace, LIVE_TOKENS - 1, 3_600);
    expect(await outcomesOf(grace, 4)).toEqual([...Array<string>(3).fill('RATE_LIMITED'), 'issued']);
  });
  it('does not count ended tokens among the live', async () => {
    const grace = await world.person();
    await world.manyTokens(grace, LIVE_TOKENS, 2 * 86_400);
    expect(await outcomesOf(grace, 1)).toEqual(['issued']);
  });
  it('is alone with it: others are issued tokens', async () => {
    const [grace, linus] = [await world.person(), await world.person()];
    await world.manyTokens(grace, ISSUED_A_MINUTE, 0);
    expect(await outcomesOf(grace, 1)).toEqual(['RATE_LIMITED']);
    expect(await outcomesOf(linus, 3)).toEqual(['issued', 'issued', 'issued']);
  });
});

describe('a token and what happens to its owner at the same moment', () => {
  it('waits for a change of the owner that is under way, and is then decided by it', async () => {
    const grace = await world.person();
    let asked!: Promise<string[]>;
    await world.database.transaction(async (tx) => {
      await tx.query(`UPDATE users SET state = 'DISABLED' WHERE id = $1`, [grace.principal.id]);
      asked = outcomesOf(grace, 1);
      while (
        (
          await world.sql(
            `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
          )
        ).length === 0
      )
        await new Promise((resolve) => setTimeout(resolve, 5));
    });
    expect(await asked).toEqual(['PRINCIPAL_NOT_ACTIVE']);
  });
});
