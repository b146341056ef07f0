import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { lastUsesOf } from '@tokenwarden/tokens';
import { authorOf } from '@tokenwarden/vocabulary';
import { basic, bearer, IDS, World, type Issued } from '../test/world.js';

let world: World;
let gateway: Issued;
let subject: Issued;
beforeEach(async () => {
  world = await World.open();
  gateway = await world.issue({ principalId: IDS.gateway });
  subject = await world.issue();
});
afterEach(() => world.close());

const curl = { 'user-agent': 'curl/8' };
const introspect = (form: Record<string, string>, headers = bearer(gateway.value)) =>
  world.post('/oauth2/introspect', form, { ...headers, ...curl });

/** Uses since it was last asked, by token. */
function uses(): Record<string, number> {
  const counted = world.uses
    .take(100)
    .map(({ tokenId, days }) => [tokenId, [...days.values()].reduce((a, b) => a + b)]);
  return Object.fromEntries(counted) as Record<string, number>;
}
async function lastUse({ id }: Issued) {
  await world.flusher.flush();
  return (await world.database.read((tx) => lastUsesOf(tx, [id]))).get(id);
}

describe('a use of a token', () => {
  it('is its introspection, and to be the caller of one', async () => {
    await introspect({ token: subject.value });
    expect(uses()).toEqual({ [subject.id]: 1, [gateway.id]: 1 });
    await introspect({ token: subject.value }, basic(IDS.gateway, gateway.value));
    expect(uses()).toEqual({ [subject.id]: 1, [gateway.id]: 1 });
  });
  it('is both where a caller introspects its own token', async () => {
    await introspect({ token: gateway.value });
    expect(uses()).toEqual({ [gateway.id]: 2 });
  });
  it('is every request made with it, a refused one too', async () => {
    await introspect({ token: gateway.value }, bearer(subject.value));
    expect(uses()).toEqual({ [subject.id]: 1 });
    const origin = { address: '192.0.2.1', userAgent: null, requestId: null };
    await world.resolving.callerOfToken(subject.value, origin);
    expect(uses()).toEqual({ [subject.id]: 1 });
  });
  it('is to revoke another one with it, in the header and in the form', async () => {
    await world.post('/oauth2/revoke', { token: 'x' }, bearer(subject.value));
    const secret = { client_id: IDS.gateway, client_secret: gateway.value };
    await world.post('/oauth2/revoke', { token: 'x', ...secret });
    expect(uses()).toEqual({ [subject.id]: 1, [gateway.id]: 1 });
  });
  it('is to be asked for by resolveToken', async () => {
    await world.resolving.resolveToken(subject.value);
    expect(uses()).toEqual({ [subject.id]: 1 });
  });
});

describe('no use of a token', () => {
  it('is its end, its inspection, and to stand in a list', async () => {
    const origin = { address: null, userAgent: null, requestId: null };
    const caller = await world.resolving.callerOfToken(gateway.value, origin);
    if (caller === undefined) throw new Error('The gateway has no token.');
    uses();
    await world.resolving.inspectToken(subject.value, authorOf(caller));
    await world.resolving.usabilityOf([subject.id]);
    await world.post('/oauth2/revoke', { token: subject.value });
    expect(uses()).toEqual({});
  });
  it.each([
    ['revoked', `UPDATE access_tokens SET revoked_at = now(), revoked_by = '{}' WHERE id = $1`],
    ['suspended', `UPDATE access_tokens SET suspended_at = now(), suspended_by = '{}' WHERE id = $1`],
    ['expired', 'UPDATE access_tokens SET ends_at = created_at WHERE id = $1'],
  ])('is its introspection once it is %s', async (_, sql) => {
    await world.sql(sql, [subject.id]);
    await introspect({ token: subject.value });
    await introspect({ token: gateway.value }, bearer(subject.value));
    expect(uses()).toEqual({ [gateway.id]: 1 });
  });
});

describe('the last use', () => {
  it('of the introspected token is where its bearer came from, as the caller says', async () => {
    await introspect({ token: subject.value, client_ip: '2001:db8::1', client_agent: 'lynx' });
    expect(await lastUse(subject)).toMatchObject({
      from: '2001:db8::1',
      agent: 'lynx',
      at: expect.any(Date),
    });
    await introspect({ token: subject.value });
    expect(await lastUse(subject)).toMatchObject({ from: '2001:db8::1', agent: 'lynx' });
    await introspect({ token: subject.value, client_ip: '192.0.2.9', client_agent: '' });
    expect(await lastUse(subject)).toMatchObject({ from: '192.0.2.9', agent: 'lynx' });
  });
  it('of the caller is where its request came from, whatever it says of others', async () => {
    await introspect({ token: subject.value, client_ip: '2001:db8::1', client_agent: 'lynx' });
    expect(await lastUse(gateway)).toMatchObject({ from: '127.0.0.1', agent: 'curl/8' });
  });
  it('is written behind the answer, never before it', async () => {
    const write = jest.spyOn(world.database, 'transaction');
    expect((await introspect({ token: subject.value })).status).toBe(200);
    expect(write).not.toHaveBeenCalled();
  });
  it('keeps no secret and no control character that a gateway passes on', async () => {
    const client_agent = `curl\0 ${subject.value} tws_${randomBytes(32).toString('base64url')}`;
    expect((await introspect({ token: subject.value, client_agent })).status).toBe(200);
    expect(await lastUse(subject)).toMatchObject({ agent: 'curl\uFFFD [redacted] [redacted]' });
  });
});

describe('a form that says wrong things of a bearer', () => {
  it.each([
    ['client_ip', 'client_ip=nonsense'],
    ['client_ip', 'client_ip=192.0.2.7&client_ip=192.0.2.7'],
    ['client_agent', 'client_agent=a&client_agent=b'],
  ])('is 400 and names %s in %s, and nothing was used', async (field, form) => {
    const response = await world.post(
      '/oauth2/introspect',
      `token=${subject.value}&${form}`,
      bearer(gateway.value),
    );
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'invalid_request', error_description: expect.stringContaining(field) },
    ]);
    expect(uses()).toEqual({ [gateway.id]: 1 });
  });
});
