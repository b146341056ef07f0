import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, bearer, IDS, ISSUER, World } from '../test/world.js';

const PATH = '/oauth2/introspect';
let world: World;
let gateway: string;

beforeAll(async () => {
  world = await World.open();
  gateway = (await world.issue({ principalId: IDS.gateway, name: 'gateway' })).value;
});
afterAll(() => world.close());

const introspect = (
  form: string | Record<string, string>,
  headers: Record<string, string> = bearer(gateway),
) => world.post(PATH, form, headers);
const answerOf = async (token: string, more: Record<string, string> = {}) =>
  (await introspect({ token, ...more })).json() as Promise<Record<string, unknown>>;

describe('introspection of a good token', () => {
  it('says whose it is and what it may do, in exactly these members', async () => {
    const { id, value, row } = await world.issue({
      name: 'my laptop',
      scopes: ['dataset/sales:read', 'dataset/x:write'],
    });
    const response = await introspect({ token: value });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.text()).toBe(
      JSON.stringify({
        active: true,
        iss: ISSUER,
        sub: IDS.grace,
        aud: 'https://api.example',
        exp: row.expiresAt.getTime() / 1_000,
        iat: row.createdAt.getTime() / 1_000,
        jti: id,
        client_id: id,
        token_type: 'Bearer',
        scope: 'dataset/sales:read',
        username: 'grace',
        principal_type: 'user',
        groups: ['engineers'],
        token_name: 'my laptop',
        cache_max_age: 1,
      }),
    );
  });

  it('of a service account names the account', async () => {
    const { value } = await world.issue({ principalId: IDS.etl, scopes: ['spark-job/*:run'] });
    expect(await answerOf(value)).toMatchObject({
      client_id: IDS.etl,
      username: 'nightly-etl',
      principal_type: 'service_account',
      scope: 'spark-job/*:run',
    });
  });

  it('shows the inherent rights of administrators', async () => {
    const { value } = await world.issue({ principalId: IDS.ada });
    expect(await answerOf(value)).toMatchObject({ scope: '*:*', groups: ['admins'] });
  });

  it('gives of the asked scopes exactly those that it may use now', async () => {
    const { value } = await world.issue();
    const scope = 'spark-job/x:run dataset/a:read dataset/a:write nonsense';
    expect(await answerOf(value, { scope })).toMatchObject({ scope: 'dataset/a:read spark-job/x:run' });
    expect(await answerOf(value, { scope: 'dataset/a:write' })).toMatchObject({ active: true, scope: '' });
  });

  it('ignores hints, unknown and empty fields', async () => {
    const { value } = await world.issue();
    const more = {
      token_type_hint: 'refresh_token',
      client_ip: '',
      flavour: '?',
    };
    expect(await answerOf(value, more)).toMatchObject({ active: true });
  });
});

describe('introspection says nothing but active: false of', () => {
  const nothing = async (value: string) => {
    const response = await introspect({ token: value });
    expect([response.status, await response.text()]).toEqual([200, '{"active":false}']);
  };
  const changed = async (sql: string) => {
    const { id, value } = await world.issue();
    await world.sql(sql, [id]);
    await nothing(value);
  };

  it('a revoked token', () =>
    changed(`UPDATE access_tokens SET revoked_at = now(), revoked_by = '{}' WHERE id = $1`));
  it('a suspended token', () =>
    changed(`UPDATE access_tokens SET suspended_at = now(), suspended_by = '{}' WHERE id = $1`));
  it('a token that was ended before its time', () =>
    changed(`UPDATE access_tokens SET ends_at = created_at + interval '0 s' WHERE id = $1`));
  it('a token whose row is gone', () => changed('DELETE FROM access_tokens WHERE id = $1'));
  it('a token whose row says something else', () =>
    changed(`UPDATE access_tokens SET scopes = '{dataset/*:read}' WHERE id = $1`));
  it('a token for audiences that are not in force', async () =>
    nothing((await world.issue({ audiences: ['https://gone.example'] })).value));
  it('a token of an issuer that is not in force', async () =>
    nothing((await world.issue({ issuer: 'https://old.example' })).value));
  it('a session', () => nothing(`tws_${'A'.repeat(43)}`));
  it('a token with a space behind it', async () => nothing(`${(await world.issue()).value} `));
  it('a token of more than 6 KiB', async () => nothing(`${(await world.issue()).value}${'A'.repeat(6_200)}`));

  it.each(['DISABLED', 'REMOVED'])('a token of a user who is %s', async (state) => {
    const { value } = await world.issue();
    const set = (to: string) =>
      world.sql(
        `UPDATE users SET state = $2, removed_at = CASE $2 WHEN 'REMOVED' THEN now() END WHERE id = $1`,
        [IDS.grace, to],
      );
    await set(state);
    await nothing(value);
    await set('ACTIVE');
    expect(await answerOf(value)).toMatchObject({ active: true });
  });

  it.each(['suspended_at', 'orphaned_at', 'deleted_at'])('a token of an account with %s', async (column) => {
    const { value } = await world.issue({ principalId: IDS.etl });
    await world.sql(`UPDATE service_accounts SET ${column} = now() WHERE id = $1`, [IDS.etl]);
    await nothing(value);
    await world.sql(`UPDATE service_accounts SET ${column} = NULL WHERE id = $1`, [IDS.etl]);
    expect(await answerOf(value)).toMatchObject({ active: true });
  });

  it('a token that has just expired, by this clock', async () => {
    const { value, row } = await world.issue({ lifetimeSeconds: 1 });
    while (new Date() < row.expiresAt) await new Promise((resolve) => setTimeout(resolve, 20));
    await nothing(value);
  });
});

describe('a caller of introspection', () => {
  const refused = async (headers: Record<string, string>, status: number, error: string) => {
    const { value } = await world.issue();
    const response = await introspect({ token: value }, headers);
    expect([response.status, await response.json()]).toEqual([status, expect.objectContaining({ error })]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    return response.headers.get('www-authenticate');
  };
  const accepted = async (headers: Record<string, string>) => {
    const { value } = await world.issue();
    const response = await introspect({ token: value }, headers);
    expect([response.status, await response.json()]).toEqual([
      200,
      expect.objectContaining({ active: true }),
    ]);
  };

  it('may come with its token as Bearer, whatever the case of the word', () =>
    accepted({ authorization: `bEaReR ${gateway}` }));
  it('may come with its account and its token as Basic', () => accepted(basic(IDS.gateway, gateway)));
  it('without a credential is 401 with a challenge', async () =>
    expect(await refused({}, 401, 'invalid_client')).toBe('Bearer realm="tokenwarden"'));
  it('with a token that is no good is 401', async () =>
    expect(await refused(bearer('garbage'), 401, 'invalid_client')).toMatch(
      /^Bearer .*error="invalid_token"/,
    ));
  it('with another account than the one of its token is 401, with a challenge for Basic', async () =>
    expect(await refused(basic(IDS.etl, gateway), 401, 'invalid_client')).toMatch(/^Basic realm=/));
  it('with a user token as the secret of Basic is 401', async () => {
    const { id, value } = await world.issue({ principalId: IDS.ada });
    await refused(basic(IDS.ada, value), 401, 'invalid_client');
    await refused(basic(id, value), 401, 'invalid_client');
    await accepted(bearer(value));
  });
  it('with a session is 401, in the header and in the cookie', async () => {
    await refused(bearer(`tws_${'A'.repeat(43)}`), 401, 'invalid_client');
    await refused({ cookie: `tokenwarden_session=tws_${'A'.repeat(43)}` }, 401, 'invalid_client');
  });
  it('with two spaces or a tab is 401', async () => {
    await refused({ authorization: `Bearer  ${gateway}` }, 401, 'invalid_client');
    await refused({ authorization: `Bearer\t${gateway}` }, 401, 'invalid_client');
  });
  it('with two carriers is 400', async () => {
    await refused({ ...bearer(gateway), cookie: 'tokenwarden_session=tws_x' }, 400, 'invalid_request');
    expect(await twoAuthorizations()).toBe(400);
  });
  it('without the scope is 403 and says which, and is recorded', async () => {
    const { id, value } = await world.issue({ principalId: IDS.etl });
    expect(await refused(bearer(value), 403, 'insufficient_scope')).toMatch(
      /^Bearer .*error="insufficient_scope", scope="tokens:introspect"$/,
    );
    expect(await world.events('authorization.refused')).toEqual([
      expect.objectContaining({ outcome: 'REFUSED', actor_id: IDS.etl, actor_token_id: id }),
    ]);
  });
  it('is looked at before the form', async () => {
    expect((await introspect('', {})).status).toBe(401);
    expect((await world.post(PATH, '', { 'content-type': 'application/json' })).status).toBe(401);
  });

  // Neither fetch nor an object of headers can send one twice.
  function twoAuthorizations(): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const sent = request(world.url + PATH, { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.setHeader('content-type', 'application/x-www-form-urlencoded');
      sent.setHeader('authorization', [`Bearer ${gateway}`, `Bearer ${gateway}`]);
      sent.on('error', reject).end('token=x');
    });
  }
});

describe('an introspection request', () => {
  it.each([
    ['no token', 'scope=a:b'],
    ['an empty token', 'token='],
    ['two tokens', 'token=a&token=b'],
    ['two scopes', 'token=a&scope=a:b&scope=c:d'],
    ['nothing', ''],
  ])('with %s is 400 invalid_request', async (_, form) => {
    const response = await introspect(form);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_request' }),
    ]);
  });
  it('with the token in the query string is 400', async () =>
    expect((await world.post(`${PATH}?token=x`, 'token=x', bearer(gateway))).status).toBe(400));
  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])(
    'of type %s is 415',
    async (type) =>
      expect((await introspect('token=x', { ...bearer(gateway), 'content-type': type })).status).toBe(415),
  );
  it('of a type with a charset is welcome', async () => {
    const type = 'application/x-www-form-urlencoded; charset=UTF-8';
    expect((await introspect('token=x', { ...bearer(gateway), 'content-type': type })).status).toBe(200);
  });
  it('above 64 KiB is 413', async () =>
    expect((await introspect(`token=${'x'.repeat(65_536)}`)).status).toBe(413));
  it.each(['GET', 'PUT', 'DELETE', 'HEAD'])('by %s is 405 and says which method is right', async (method) => {
    const response = await fetch(world.url + PATH, { method, headers: bearer(gateway) });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('the count of resolutions', () => {
  it('tells active from inactive', async () => {
    const { value } = await world.issue();
    await introspect({ token: value });
    await introspect({ token: 'garbage' });
    const text = await world.metrics.registry.metrics();
    expect(text).toMatch(/tokenwarden_resolve_total\{endpoint="introspect",outcome="active"\} [1-9]/);
    expect(text).toMatch(/tokenwarden_resolve_total\{endpoint="introspect",outcome="inactive"\} [1-9]/);
  });
});
