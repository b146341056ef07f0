import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  graphql,
  headersFor,
  introspect,
  revoke,
  startProduct,
  type RunningProduct,
} from '../harness/index.js';
import { castOf, type Cast } from './cast.js';
import {
  highTwin,
  importedKey,
  part,
  readToken,
  strangersKey,
  type ForgingKey,
  type ReadToken,
} from './forged-tokens.js';
import { isActive, userToken, type Issued } from './token-calls.js';
import { until } from './waiting.js';

let product: RunningProduct;
let cast: Cast;
let gateway: { readonly token: string };
let victim: Issued;
let good: ReadToken;
let ours: ForgingKey;
let trap: Server;
let trapUrl: string;
const visitors: string[] = [];
const stranger = strangersKey('tokenwarden-stranger');

beforeAll(async () => {
  product = await startProduct();
  cast = await castOf(product.url);
  gateway = cast.credentials.gatewayToken ?? { token: '' };
  const ada = cast.credentials.ada ?? { token: '' };
  victim = await userToken(product.url, ada, { scopes: ['tokens:introspect', 'tokens:read'] });
  good = readToken(victim.value);
  ours = await importedKey(product);
  const equal = ours.token(header(), claims());
  await until(() => isActive(product.url, gateway, equal), { seconds: 20 });
  trap = createServer((request, response) => {
    visitors.push(request.url ?? '');
    const key = createPublicKey(stranger.privateKey).export({ format: 'jwk' });
    response.end(JSON.stringify({ keys: [{ ...key, kid: stranger.kid }] }));
  });
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  trapUrl = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
}, 120_000);

afterAll(async () => {
  await new Promise((resolve) => trap.close(resolve));
  await product?.stop();
});

const header = (more: object = {}) => ({ alg: 'ES256', typ: 'at+jwt', kid: ours.kid, ...more });
const claims = (more: object = {}) => ({ ...good.claims, ...more });
/** As signed by the product itself, but for what is said otherwise. */
const saying = (more: object) => ours.token(header(), claims(more));
const headed = (more: object) => ours.token(header(more), claims());
const without = (name: string) =>
  ours.token(header(), Object.fromEntries(Object.entries(good.claims).filter(([claim]) => claim !== name)));
const jwk = (key: ForgingKey) => createPublicKey(key.privateKey).export({ format: 'jwk' });
const byStranger = (more: object) => stranger.token(header({ kid: stranger.kid, ...more }), claims());
const seconds = () => Math.floor(Date.now() / 1000);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The same bytes in another spelling: bits that base64 does not use are set. */
const respelt = (text: string) => text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.at(-1) ?? '') + 1];

/** Every hostile token, made when its turn has come. */
const HOSTILE: Readonly<Record<string, () => string>> = {
  'no token at all': () => 'x',
  'two parts': () => good.parts.slice(0, 2).join('.'),
  'four parts': () => `${victim.value}.${good.parts[2]}`,
  'an encrypted one': () => `${good.parts[0]}.${good.parts.join('.')}.a`,
  'empty parts': () => '..',
  'a space before it': () => ` ${victim.value}`,
  'a line behind it': () => `${victim.value}\n`,
  'NUL behind it': () => `${victim.value}\0`,
  'more than 6 KiB': () => saying({ padding: 'x'.repeat(6_000) }),
  'a session': () => cast.credentials.ada?.token ?? '',

  'alg none': () => `${part(header({ alg: 'none' }))}.${good.parts[1]}.`,
  'alg None, signed': () => headed({ alg: 'None' }),
  'no signature': () => `${good.parts[0]}.${good.parts[1]}.`,
  'alg HS256 with the public key as the secret': () => {
    const input = `${part(header({ alg: 'HS256' }))}.${good.parts[1]}`;
    const pem = createPublicKey(ours.privateKey).export({ type: 'spki', format: 'pem' });
    return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
  },
  'alg RS256': () => headed({ alg: 'RS256' }),
  'alg ES384': () => headed({ alg: 'ES384' }),
  'alg in a list': () => headed({ alg: ['ES256'] }),
  'no alg': () => headed({ alg: undefined }),

  'a key nobody knows': () => byStranger({}),
  'a known kid and a foreign signature': () => stranger.token(header(), claims()),
  'a kid that leads to a file': () => byStranger({ kid: '../../../../etc/passwd' }),
  'a kid of SQL': () => byStranger({ kid: "tokenwarden-' OR '1'='1" }),
  'a kid with NUL': () => byStranger({ kid: `${ours.kid}\0` }),
  'a kid that is no text': () => headed({ kid: 5 }),
  'a kid that all objects have': () => byStranger({ kid: '__proto__' }),
  'no kid': () => headed({ kid: undefined }),
  'its own key as jwk': () => byStranger({ jwk: jwk(stranger) }),
  'its own key at jku': () => byStranger({ jku: `${trapUrl}/jku` }),
  'its own key at x5u': () => byStranger({ x5u: `${trapUrl}/x5u` }),
  'its own key in x5c': () => byStranger({ x5c: ['MIIB'] }),
  'a right signature, and jku': () => headed({ jku: `${trapUrl}/jku` }),
  'a right signature, and jwk': () => headed({ jwk: jwk(ours) }),
  'a right signature, and crit': () => headed({ crit: ['exp'] }),
  'a right signature, and b64': () => headed({ b64: false, crit: ['b64'] }),
  'a right signature, and zip': () => headed({ zip: 'DEF' }),
  'a header in another order': () =>
    ours.token(`{"typ":"at+jwt","alg":"ES256","kid":"${ours.kid}"}`, claims()),
  'a header with a space': () => ours.token(`{"alg": "ES256","typ":"at+jwt","kid":"${ours.kid}"}`, claims()),
  'a header that says alg twice': () =>
    ours.token(`{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"${ours.kid}"}`, claims()),
  'typ JWT': () => headed({ typ: 'JWT' }),
  'typ application/at+jwt': () => headed({ typ: 'application/at+jwt' }),
  'typ AT+JWT': () => headed({ typ: 'AT+JWT' }),
  'no typ': () => headed({ typ: undefined }),

  'padded base64': () => `${victim.value}==`,
  'a signature spelt otherwise': () => `${good.parts[0]}.${good.parts[1]}.${respelt(good.parts[2])}`,
  'the alphabet of ordinary base64': () => {
    let value = victim.value;
    while (!/[-_][^.]*$/.test(value)) value = saying({ padding: randomUUID() });
    return value.replaceAll('-', '+').replaceAll('_', '/');
  },
  'a signature cut short': () => victim.value.slice(0, -4),
  'a signature in DER': () =>
    `${good.parts[0]}.${good.parts[1]}.${part('0E\u0002\u0001\u0001\u0002\u0001\u0001')}`,
  'a signature of zeros': () => `${good.parts[0]}.${good.parts[1]}.${Buffer.alloc(64).toString('base64url')}`,
  'claims that were changed': () => `${good.parts[0]}.${part(claims({ scope: '*:*' }))}.${good.parts[2]}`,

  'claims that are a list': () => ours.token(header(), '[]'),
  'claims that are null': () => ours.token(header(), 'null'),
  'claims that are no JSON': () => ours.token(header(), '{"iss":'),
  'another issuer': () => saying({ iss: 'https://elsewhere.example' }),
  'an issuer with a slash more': () => saying({ iss: `${product.url}/` }),
  'no issuer': () => without('iss'),
  'an issuer in a list': () => saying({ iss: [product.url] }),
  'another audience': () => saying({ aud: 'https://elsewhere.example' }),
  'no audience': () => without('aud'),
  'an empty list of audiences': () => saying({ aud: [] }),
  'no end': () => without('exp'),
  'an end that is a text': () => saying({ exp: String(good.claims['exp']) }),
  'an end with a fraction': () => saying({ exp: Number(good.claims['exp']) + 0.5 }),
  'an end beyond all numbers': () =>
    ours.token(header(), JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e400')),
  'a negative end': () => saying({ exp: -1 }),
  'an end that is over': () => saying({ exp: seconds() - 1 }),
  'a later end than its row': () => saying({ exp: Number(good.claims['exp']) + 1 }),
  'another beginning than its row': () => saying({ iat: Number(good.claims['iat']) - 1 }),
  'no beginning': () => without('iat'),
  'a jti nobody knows': () => saying({ jti: randomUUID() }),
  'the jti of another token': () => saying({ jti: readToken(gateway.token).claims['jti'] }),
  'a jti in capitals': () => saying({ jti: String(good.claims['jti']).toUpperCase() }),
  'a jti that is no id': () => saying({ jti: "' OR 1=1 --" }),
  'a jti with NUL': () => saying({ jti: `${String(good.claims['jti'])}\0` }),
  'no jti': () => without('jti'),
  'another subject': () => saying({ sub: cast.users.grace }),
  'no subject': () => without('sub'),
  'another client': () => saying({ client_id: randomUUID() }),
  'no client': () => without('client_id'),
  'more scopes than its row': () => saying({ scope: '*:*' }),
  'fewer scopes than its row': () => saying({ scope: 'tokens:read' }),
  'no scopes where its row has some': () => without('scope'),
  'scopes in a list': () => saying({ scope: ['tokens:introspect', 'tokens:read'] }),
};

describe('the forger', () => {
  it('could: an equal token, signed with the imported key, is the same token', async () => {
    const equal = ours.token(header(), claims());
    expect((await introspect(product.url, gateway, equal)).body).toMatchObject({
      active: true,
      jti: victim.id,
    });
    expect((await graphql(product.url, { token: equal }, '{ viewer { expiresAt } }')).status).toBe(200);
  });
});

describe('a hostile token', () => {
  it.each(Object.keys(HOSTILE))('is nothing anywhere: %s', async (name) => {
    const value = HOSTILE[name]?.() ?? '';
    const asked = await fetch(`${product.url}/oauth2/introspect`, {
      method: 'POST',
      headers: headersFor(gateway),
      body: new URLSearchParams({ token: value }),
    });
    expect([asked.status, await asked.text()]).toEqual([200, '{"active":false}']);
    expect((await revoke(product.url, undefined, value)).status).toBe(200);

    // What no header can hold, and a person's session, are no bearer's hostile tokens.
    if (/[\n\0]|^ /.test(value) || value === cast.credentials.ada?.token) return;
    const caller = { token: value };
    expect((await graphql(product.url, caller, '{ viewer { expiresAt } }')).status).toBe(401);
    expect((await introspect(product.url, caller, victim.value)).status).toBe(401);
    expect(
      (await introspect(product.url, { clientId: cast.gatewayAccount, clientSecret: value }, victim.value))
        .status,
    ).toBe(401);
    expect((await revoke(product.url, caller, victim.value)).status).toBe(401);
  });

  it('has ended nothing, and nobody went where it pointed', async () => {
    expect(await isActive(product.url, gateway, victim.value)).toBe(true);
    expect(visitors).toEqual([]);
  });
});

describe('the twin of a signature', () => {
  it('is the same token or none, and ends with it', async () => {
    const token = await cast.graceIssues();
    const twin = highTwin(token.value);
    const before = await introspect(product.url, gateway, twin);
    expect([{ active: false }, { active: true, jti: token.id }]).toContainEqual(
      before.body?.['active'] === true ? { active: true, jti: before.body['jti'] } : before.body,
    );
    await revoke(product.url, undefined, token.value);
    expect((await introspect(product.url, gateway, twin)).body).toEqual({ active: false });
    expect((await introspect(product.url, gateway, token.value)).body).toEqual({ active: false });
  });
});
