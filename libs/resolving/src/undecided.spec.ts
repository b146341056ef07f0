import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { Cable } from '../test/cable.js';
import { bearer, IDS, World } from '../test/world.js';

let cable: Cable;
let world: World;
let gateway: string;
beforeEach(async () => {
  cable = new Cable();
  world = await World.open({}, (url) => cable.lay(url));
  gateway = (await world.issue({ principalId: IDS.gateway })).value;
});
afterEach(async () => {
  await world.close();
  await cable.cut();
});

async function isUndecided(response: Response): Promise<void> {
  expect([response.status, await response.json()]).toEqual([
    503,
    expect.objectContaining({ error: 'temporarily_unavailable' }),
  ]);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(response.headers.get('cache-control')).toBe('no-store');
}

/** Holds the tokens so that every question about them hangs, until `release`. */
async function hangingTokens(): Promise<{ release: () => Promise<void> }> {
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  await client.query('BEGIN; LOCK TABLE access_tokens IN ACCESS EXCLUSIVE MODE');
  return { release: () => client.end() };
}

describe('without a database', () => {
  it('a good token cannot be decided, and is not called bad', async () => {
    const { value } = await world.issue();
    await cable.cut();
    await expect(world.resolving.resolveToken(value)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await isUndecided(await world.post('/oauth2/introspect', { token: value }, bearer(gateway)));
    await isUndecided(await world.post('/oauth2/revoke', { token: value }));
    await isUndecided(await world.post('/oauth2/revoke', { token: 'x' }, bearer(gateway)));
  });

  it('a wrong signature, issuer or type is still nothing', async () => {
    const { value } = await world.issue();
    const elsewhere = await world.issue({ issuer: 'https://elsewhere.example' });
    await cable.cut();
    const [head, claims] = value.split('.') as [string, string];
    const forged = [
      `${head}.${claims}.${'A'.repeat(86)}`,
      `eyJ9.${claims}.${'A'.repeat(86)}`,
      elsewhere.value,
      'garbage',
    ];
    for (const token of forged) expect(await world.resolving.resolveToken(token)).toEqual({ active: false });
    const caller = await world.post('/oauth2/introspect', { token: value }, bearer('garbage'));
    expect(caller.status).toBe(401);
    expect((await world.post('/oauth2/revoke', { token: 'garbage' })).status).toBe(200);
  });
});

describe('with a database that hangs', () => {
  it('the answer is 503 while it hangs, and right when it is over', async () => {
    const { value } = await world.issue();
    const hanging = await hangingTokens();
    await isUndecided(await world.post('/oauth2/introspect', { token: value }, bearer(gateway)));
    await isUndecided(await world.post('/oauth2/revoke', { token: value }));
    await hanging.release();
    const response = await world.post('/oauth2/introspect', { token: value }, bearer(gateway));
    expect(response.status).toBe(200);
  });
});
