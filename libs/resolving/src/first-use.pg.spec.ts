import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { openDatabase, type Database } from '@tokenwarden/database';
import { bearer, IDS, World, type Issued } from '../test/world.js';
import { resolveToken } from './resolve-token.js';

let world: World;
let other: Database;
let old: Issued;
let successor: Issued;
beforeEach(async () => {
  world = await World.open();
  other = await openDatabase(world.databaseUrl);
  old = await world.issue();
  successor = await world.rotate(old);
});
afterEach(async () => {
  await other.close();
  await world.close();
});

const resolves = async ({ value }: Issued) => (await world.resolving.resolveToken(value)).active;
const endings = () => world.events('token.updated');

describe('a token that lives until its successor is used', () => {
  it('resolves until then', async () => {
    expect([await resolves(old), await resolves(old)]).toEqual([true, true]);
    expect(await endings()).toEqual([]);
  });

  it('has ended when the answer about the successor comes, by SYSTEM', async () => {
    expect([await resolves(successor), await resolves(old)]).toEqual([true, false]);
    expect(await endings()).toEqual([expect.objectContaining({ actor_kind: 'SYSTEM', target_id: old.id })]);
  });

  it('costs no later use anything', async () => {
    await resolves(successor);
    const written = jest.spyOn(world.database, 'transaction');
    expect(await resolves(successor)).toBe(true);
    expect(written).not.toHaveBeenCalled();
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'introspected',
      async () => {
        const gateway = await world.issue({ principalId: IDS.gateway });
        return world.post('/oauth2/introspect', { token: successor.value }, bearer(gateway.value));
      },
    ],
    [
      'shown as the credential of an OAuth call',
      () => world.post('/oauth2/revoke', { token: 'x' }, bearer(successor.value)),
    ],
    [
      'the token of a request',
      () =>
        world.resolving.callerOfToken(successor.value, { address: null, userAgent: null, requestId: null }),
    ],
  ])('ends when the successor is %s', async (_, use) => {
    await use();
    expect(await resolves(old)).toBe(false);
    expect(await endings()).toHaveLength(1);
  });

  it('ends once, by twenty first uses at the same time in two processes', async () => {
    const [here, there] = [world.resolving.parts, { ...world.resolving.parts, database: other }];
    const uses = Array.from({ length: 20 }, (_, i) =>
      resolveToken(i % 2 === 0 ? here : there, successor.value, {}),
    );
    const answers = await Promise.all(uses);
    expect(answers.every(({ active }) => active)).toBe(true);
    expect(await resolves(old)).toBe(false);
    expect(await endings()).toHaveLength(1);
  });

  it('lives on where that was not asked', async () => {
    const another = await world.issue();
    const next = await world.rotate(another, false);
    const written = jest.spyOn(world.database, 'transaction');
    expect([await resolves(next), await resolves(another)]).toEqual([true, true]);
    expect(written).not.toHaveBeenCalled();
  });
});

describe('a successor that does not resolve ends nothing', () => {
  const stays = async (sql: string, id: string) => {
    await world.sql(sql, [id]);
    expect([await resolves(successor), await resolves(old)]).toEqual([false, true]);
  };
  it('while it is suspended', () =>
    stays(`UPDATE access_tokens SET suspended_at = now(), suspended_by = '{}' WHERE id = $1`, successor.id));
  it('once it is revoked', () =>
    stays(`UPDATE access_tokens SET revoked_at = now(), revoked_by = '{}' WHERE id = $1`, successor.id));
  it('once many are revoked and it among them', async () => {
    await world.revokeAtOnce([successor.id]);
    expect([await resolves(successor), await resolves(old)]).toEqual([false, true]);
  });
  it('where its signature is not right', async () => {
    const forged = { ...successor, value: `${successor.value.slice(0, -20)}${'A'.repeat(20)}` };
    expect([await resolves(forged), await resolves(old)]).toEqual([false, true]);
  });
});

describe('a predecessor that has ended already is left as it is', () => {
  it.each<[string, () => Promise<unknown>]>([
    [
      'revoked',
      () =>
        world.sql(`UPDATE access_tokens SET revoked_at = now(), revoked_by = '{}' WHERE id = $1`, [old.id]),
    ],
    ['revoked with many others', () => world.revokeAtOnce([old.id])],
    ['expired', () => world.sql('UPDATE access_tokens SET ends_at = created_at WHERE id = $1', [old.id])],
    ['purged', () => world.sql('DELETE FROM access_tokens WHERE id = $1', [old.id])],
  ])('%s', async (_, end) => {
    await end();
    expect(await resolves(successor)).toBe(true);
    expect(await endings()).toEqual([]);
  });
});

describe('where the old token cannot be ended', () => {
  const unavailable = () =>
    expect(world.resolving.resolveToken(successor.value)).rejects.toMatchObject({ code: 'UNAVAILABLE' });

  it('because somebody holds it, there is no answer until it can', async () => {
    const holder = new Client({ connectionString: world.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM access_tokens WHERE id = $1 FOR UPDATE', [old.id]);
    await unavailable();
    const gateway = await world.issue({ principalId: IDS.gateway });
    const response = await world.post(
      '/oauth2/introspect',
      { token: successor.value },
      bearer(gateway.value),
    );
    expect(response.status).toBe(503);
    expect(await resolves(old)).toBe(true);
    await holder.end();
    expect([await resolves(successor), await resolves(old)]).toEqual([true, false]);
    expect(await endings()).toHaveLength(1);
  });

  it('because its event cannot be kept, there is no answer and the old token is as it was', async () => {
    await world.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no room in the trail'; END $$`);
    await world.sql(
      'CREATE TRIGGER refuse BEFORE INSERT ON audit_pending_events FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    await unavailable();
    expect(await resolves(old)).toBe(true);
    await world.sql('DROP TRIGGER refuse ON audit_pending_events');
    expect([await resolves(successor), await resolves(old)]).toEqual([true, false]);
  });
});

describe('tokens of a bulk revocation that is still being written', () => {
  it('do not resolve from its commit on, and are not usable', async () => {
    const hit = [await world.issue(), await world.issue({ principalId: IDS.etl })];
    const spared = await world.issue();
    await world.revokeAtOnce(hit.map(({ id }) => id));
    for (const token of hit) expect(await resolves(token)).toBe(false);
    expect(await resolves(spared)).toBe(true);
    const usability = await world.resolving.usabilityOf([...hit, spared].map(({ id }) => id));
    expect([...hit, spared].map(({ id }) => usability.get(id)?.reason)).toEqual(['REVOKED', 'REVOKED', null]);
    expect(await world.sql('SELECT id FROM access_tokens WHERE revoked_at IS NOT NULL')).toEqual([]);
  });

  it('are revoked by their holder without a second record', async () => {
    await world.revokeAtOnce([old.id]);
    expect((await world.post('/oauth2/revoke', { token: old.value })).status).toBe(200);
    expect(await world.events('token.revoked')).toEqual([]);
  });
});
