import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeWaitingCapSet } from '@tokenwarden/tokens';
import { secondsOf } from '@tokenwarden/vocabulary';
import { bearer, IDS, World, type Issued } from '../test/world.js';

let world: World;
let gateway: Issued;
let before: Issued;
let longer: Issued;
beforeEach(async () => {
  world = await World.open();
  gateway = await world.issue({ principalId: IDS.gateway, lifetimeSeconds: 600 });
  before = await world.issue({ lifetimeSeconds: 600 });
  longer = await world.issue({ lifetimeSeconds: 3_600 });
});
afterEach(() => world.close());

const writeRows = async () => {
  while (await world.database.transaction(writeWaitingCapSet)) continue;
};
const introspected = async ({ value }: Issued): Promise<unknown> => {
  const answer = await world.post('/oauth2/introspect', { token: value }, bearer(gateway.value));
  return answer.json();
};
/** All that resolving says of these tokens. */
const said = async (tokens: readonly Issued[]) => ({
  introspected: await Promise.all(tokens.map(introspected)),
  resolved: await Promise.all(tokens.map(({ value }) => world.resolving.resolveToken(value))),
  usable: await world.resolving.usabilityOf(tokens.map(({ id }) => id)),
});

describe('tokens of a cap that is still being written', () => {
  it('end when it says from its commit on, and say the same when it is written', async () => {
    const end = new Date(longer.row.createdAt.getTime() + 1_200_000);
    expect(await world.capAtOnce(1_200)).toBe(1);
    const now = await said([before, longer]);
    expect(now.introspected).toMatchObject([
      { active: true, exp: secondsOf(before.row.expiresAt) },
      { active: true, exp: secondsOf(end) },
    ]);
    expect(now.resolved.map(({ active }) => active)).toEqual([true, true]);
    expect(await world.sql('SELECT ends_at FROM access_tokens WHERE id = $1', [longer.id])).toEqual([
      { ends_at: longer.row.expiresAt },
    ]);
    await writeRows();
    expect(await said([before, longer])).toEqual(now);
  });

  it('do not resolve where it ends them at once, and are not usable', async () => {
    await world.sql(`UPDATE access_tokens SET profile = 'other' WHERE id <> $1`, [longer.id]);
    expect(await world.capAtOnce(1)).toBe(1);
    // Created in this very second it lives for one more.
    const resolves = async ({ value }: Issued) => (await world.resolving.resolveToken(value)).active;
    while (await resolves(longer)) await pause(20);
    expect(await introspected(longer)).toEqual({ active: false });
    expect((await world.resolving.usabilityOf([longer.id])).get(longer.id)?.reason).toBe('EXPIRED');
    expect(await resolves(before)).toBe(true);
    await writeRows();
    expect(await introspected(longer)).toEqual({ active: false });
  });

  it('a predecessor among them ends with the first use of its successor, once', async () => {
    const successor = await world.rotate(longer);
    expect(await world.capAtOnce(1_200)).toBe(2);
    expect((await world.resolving.resolveToken(successor.value)).active).toBe(true);
    expect(await introspected(longer)).toEqual({ active: false });
    await writeRows();
    expect(await introspected(longer)).toEqual({ active: false });
    expect(await world.events('token.updated')).toHaveLength(1);
    expect(await world.events('token.capped')).toHaveLength(2);
  });
});
