import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, bearer, IDS, World } from '../test/world.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const revoke = (form: string | Record<string, string>, headers: Record<string, string> = {}) =>
  world.post('/oauth2/revoke', form, headers);
const isActive = async (value: string) => (await world.resolving.resolveToken(value)).active;
const eventsOf = async (id: string) =>
  world.sql<Record<string, unknown>>(
    `SELECT action, outcome, actor_kind, actor_id, actor_name, actor_token_id FROM audit_pending_events
     WHERE target_id = $1 AND action = 'token.revoked'`,
    [id],
  );

describe('whoever holds a token', () => {
  it('revokes it with nothing else, and it is dead at once', async () => {
    const { id, value } = await world.issue();
    const response = await revoke({ token: value, token_type_hint: 'access_token' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await isActive(value)).toBe(false);
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({
        actor_kind: 'USER',
        actor_id: IDS.grace,
        actor_name: 'grace',
        actor_token_id: id,
      }),
    ]);
  });

  it('leaves a place in the change log', async () => {
    const { id, value } = await world.issue();
    const before = await world.sql('SELECT 1 FROM changes WHERE $1 = ANY(subject_ids)', [id]);
    await revoke({ token: value });
    const after = await world.sql('SELECT 1 FROM changes WHERE $1 = ANY(subject_ids)', [id]);
    expect(after).toHaveLength(before.length + 1);
  });

  it('does so as the account, for a token of one', async () => {
    const { id, value } = await world.issue({ principalId: IDS.etl });
    await revoke({ token: value });
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({
        actor_kind: 'SERVICE_ACCOUNT',
        actor_id: IDS.etl,
        actor_name: 'nightly-etl',
      }),
    ]);
  });

  it.each([
    ['suspended', `UPDATE access_tokens SET suspended_at = now(), suspended_by = '{}' WHERE id = $1`],
    ['ended before its time', 'UPDATE access_tokens SET ends_at = created_at WHERE id = $1'],
  ])('may revoke one that is %s', async (_, sql) => {
    const { id, value } = await world.issue();
    await world.sql(sql, [id]);
    expect((await revoke({ token: value })).status).toBe(200);
    expect(await eventsOf(id)).toHaveLength(1);
  });

  it('may revoke one that is for audiences or an issuer out of force', async () => {
    for (const wanted of [{ audiences: ['https://gone.example'] }, { issuer: 'https://old.example' }]) {
      const { id, value } = await world.issue(wanted);
      await revoke({ token: value });
      expect(await eventsOf(id)).toHaveLength(1);
    }
  });

  it('may repeat it: that succeeds and records nothing new', async () => {
    const { id, value } = await world.issue();
    const repeated = await Promise.all(Array.from({ length: 8 }, () => revoke({ token: value })));
    expect(new Set(repeated.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await eventsOf(id)).toHaveLength(1);
  });

  it('may name a client_id, which alone is ignored', async () => {
    const { value } = await world.issue();
    expect((await revoke({ token: value, client_id: 'whoever' })).status).toBe(200);
    expect(await isActive(value)).toBe(false);
  });
});

describe('what is no token of ours', () => {
  it.each(['garbage', `tws_${'A'.repeat(43)}`, 'a.b.c', ' '])(
    '%j is answered 200, and nothing changes',
    async (token) => {
      const [before] = await world.sql<{ count: string }>('SELECT count(*) FROM changes');
      expect((await revoke({ token })).status).toBe(200);
      expect(await world.sql('SELECT count(*) FROM changes')).toEqual([before]);
    },
  );
  it('is a token whose claims disagree with its row', async () => {
    const { id, value } = await world.issue({ claims: { sub: IDS.ada } });
    expect((await revoke({ token: value })).status).toBe(200);
    expect(await eventsOf(id)).toEqual([]);
  });
});

describe('a credential that is sent', () => {
  it('names who did it', async () => {
    const { id, value } = await world.issue();
    const admin = await world.issue({ principalId: IDS.ada });
    expect((await revoke({ token: value }, bearer(admin.value))).status).toBe(200);
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({ actor_id: IDS.ada, actor_token_id: admin.id }),
    ]);
    expect(await isActive(admin.value)).toBe(true);
  });

  it('need not have tokens:revoke, for the token itself was shown', async () => {
    const { id, value } = await world.issue();
    const caller = await world.issue({ principalId: IDS.etl });
    expect((await revoke({ token: value }, basic(IDS.etl, caller.value))).status).toBe(200);
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({ actor_id: IDS.etl, actor_token_id: caller.id }),
    ]);
  });

  it('may be in the form', async () => {
    const { value } = await world.issue();
    const caller = await world.issue({ principalId: IDS.etl });
    const form = { token: value, client_id: IDS.etl, client_secret: caller.value };
    expect((await revoke(form)).status).toBe(200);
    expect(await isActive(value)).toBe(false);
  });

  it('may be the very token', async () => {
    const { value } = await world.issue();
    expect((await revoke({ token: value }, bearer(value))).status).toBe(200);
    expect(await isActive(value)).toBe(false);
  });

  it('that is not good is 401, and revokes nothing', async () => {
    const { value } = await world.issue();
    const dead = (await world.issue()).value;
    await revoke({ token: dead });
    const credentials: [Record<string, string>, Record<string, string>][] = [
      [bearer(dead), {}],
      [bearer('garbage'), {}],
      [bearer(`tws_${'A'.repeat(43)}`), {}],
      [basic(IDS.etl, 'garbage'), {}],
      [basic(IDS.grace, value), {}],
      [{ authorization: 'Digest x' }, {}],
      [{}, { client_id: IDS.etl, client_secret: 'garbage' }],
      [{}, { client_secret: value }],
    ];
    for (const [headers, form] of credentials) {
      const response = await revoke({ token: value, ...form }, headers);
      expect([response.status, await response.json()]).toEqual([
        401,
        expect.objectContaining({ error: 'invalid_client' }),
      ]);
      expect(response.headers.get('www-authenticate')).toBeTruthy();
    }
    expect(await isActive(value)).toBe(true);
  });

  it('twice is 400, and revokes nothing', async () => {
    const { value } = await world.issue();
    const form = { token: value, client_id: IDS.etl, client_secret: 'x' };
    expect((await revoke(form, bearer(value))).status).toBe(400);
    expect(await isActive(value)).toBe(true);
  });
});

describe('a revocation request', () => {
  it.each(['', 'token=', 'token=a&token=b'])('of %j is 400', async (form) => {
    const response = await revoke(form);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_request' }),
    ]);
  });
  it('with the token in the query string is 400, and revokes nothing', async () => {
    const { value } = await world.issue();
    expect((await world.post(`/oauth2/revoke?token=${value}`, { token: value })).status).toBe(400);
    expect(await isActive(value)).toBe(true);
  });
  it('of another type is 415, by another method 405', async () => {
    expect((await revoke('token=x', { 'content-type': 'application/json' })).status).toBe(415);
    expect((await fetch(`${world.url}/oauth2/revoke`)).status).toBe(405);
  });
});
