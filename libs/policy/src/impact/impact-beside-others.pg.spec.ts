import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rows } from '@tokenwarden/database';
import { ImpactWorld } from '../../test/impact-world.js';
import { PLAIN_TOKEN } from '../../test/random-tokens.js';
import { FIRST_POLICY } from '../policy-document.rules.js';

jest.setTimeout(60_000);

let world: ImpactWorld;
beforeAll(async () => {
  world = await ImpactWorld.begin();
});
afterAll(() => world?.end());

describe('asking what a change would do', () => {
  it('leaves the database to everybody else, however many ask', async () => {
    await world.tokens.replaceBy([PLAIN_TOKEN], await world.second());
    const expectedVersion = await world.inForce(FIRST_POLICY);
    const changes = { idleRevocation: { enabled: true, after: 'PT1H' } };
    let [letGo, held] = [() => {}, () => {}];
    const enough = new Promise<void>((resolve) => (letGo = resolve));
    const locked = new Promise<void>((resolve) => (held = resolve));
    const holding = world.database.transaction(async (tx) => {
      await rows(tx, 'LOCK TABLE token_uses IN ACCESS EXCLUSIVE MODE');
      held();
      await enough;
    });
    await locked;
    const asking = [...Array(15).keys()].map(async () => {
      const impact = await world.ask({ expectedVersion, changes, existingTokens: 'KEEP' });
      return impact.idleRevoked;
    });
    const outcomes = Promise.allSettled(asking);
    const looking = () =>
      world.tokens.run(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
    while ((await looking()).length < 2) await pause(20);
    // Whoever issues meanwhile finds a connection at once.
    for (let n = 0; n < 20; n += 1) expect(await looking()).toHaveLength(2);
    await Promise.race(asking.map((one) => one.catch(() => undefined)));
    letGo();
    await holding;
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
    expect(refused.length).toBeLessThan(15);
  });
});
