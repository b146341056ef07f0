import { createHmac, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { bearer, claimsOf, IDS, World, type Issued } from '../test/world.js';

let world: World;
let gateway: string;
let good: Issued;
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

beforeAll(async () => {
  world = await World.open();
  gateway = (await world.issue({ principalId: IDS.gateway })).value;
  good = await world.issue();
});
afterAll(() => world.close());

const encoded = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const parts = () => good.value.split('.') as [string, string, string];
const kid = () => good.row.kid;
const header = (more: object) => ({ alg: 'ES256', typ: 'at+jwt', kid: kid(), ...more });
const signedBy = (key: KeyObject, head: object | string, claims: object = claimsOf(good.row)) => {
  const input = `${encoded(head)}.${encoded(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};
const publicPem = async () => {
  const [row] = await world.sql<{ jwk: object }>('SELECT public_jwk AS jwk FROM signing_keys');
  return JSON.stringify(row?.jwk);
};

/**
 * Every answer to it is exactly "no", and Postgres was not asked about it. (An unknown key that could be ours has all keys
 * read again, at most once a second however many such tokens come; that is signing's own matter and held there.)
 */
async function isNothing(token: string): Promise<void> {
  const asked = jest.spyOn(world.database, 'read');
  const resolution = await world.resolving.resolveToken(token);
  const aboutTokens = asked.mock.calls.filter(([work]) => work.name !== 'allKeys');
  asked.mockRestore();
  expect([resolution, aboutTokens]).toEqual([{ active: false }, []]);
  const response = await world.post('/oauth2/introspect', { token }, bearer(gateway));
  expect([response.status, await response.text()]).toEqual([200, '{"active":false}']);
}

describe('no query is made for', () => {
  it('garbage', async () => {
    for (const value of [
      'x',
      '.',
      '..',
      '...',
      'a.b.c',
      '💥',
      '\0',
      'null',
      '{}',
      ' '.repeat(100),
      good.value + '.',
    ]) {
      await isNothing(value);
    }
  });
  it('a token without an algorithm', async () => {
    await isNothing(`${encoded(header({ alg: 'none' }))}.${parts()[1]}.`);
    await isNothing(`${parts()[0]}.${parts()[1]}.`);
  });
  it('a token whose algorithm was swapped for one with the public key as the secret', async () => {
    const input = `${encoded(header({ alg: 'HS256' }))}.${parts()[1]}`;
    await isNothing(
      `${input}.${createHmac('sha256', await publicPem())
        .update(input)
        .digest('base64url')}`,
    );
    await isNothing(`${encoded(header({ alg: 'RS256' }))}.${parts()[1]}.${parts()[2]}`);
    await isNothing(`${encoded(header({ alg: 'ES384' }))}.${parts()[1]}.${parts()[2]}`);
  });
  it('a token signed by a stranger, whatever it says of its key', async () => {
    const jwk = stranger.export({ format: 'jwk' });
    await isNothing(signedBy(stranger, header({})));
    await isNothing(signedBy(stranger, header({ kid: '../../etc/passwd' })));
    await isNothing(signedBy(stranger, header({ kid: "x' OR '1'='1" })));
    await isNothing(signedBy(stranger, header({ jwk })));
    await isNothing(
      signedBy(stranger, header({ jku: 'http://127.0.0.1:1/keys', x5u: 'http://127.0.0.1:1/cert' })),
    );
    await isNothing(signedBy(stranger, header({ crit: ['exp'] })));
  });
  it('a token of another type', async () => {
    for (const typ of ['JWT', 'jwt', 'AT+JWT', 'application/at+jwt', undefined]) {
      await isNothing(`${encoded(header({ typ }))}.${parts()[1]}.${parts()[2]}`);
    }
  });
  it('a token with anything changed', async () => {
    const [head, claims, signature] = parts();
    await isNothing(`${head}.${encoded({ ...claimsOf(good.row), scope: '*:*' })}.${signature}`);
    await isNothing(`${head}.${claims}.${encoded('x'.repeat(64))}`);
    await isNothing(`${head}.${claims}.${signature.slice(0, -4)}`);
  });
  it('a token in another spelling of base64', async () => {
    const [head, claims, signature] = parts();
    await isNothing(`${head}.${claims}.${signature}==`);
    await isNothing(`${head}.${claims} .${signature}`);
    await isNothing(`${head}.${claims}\n.${signature}`);
  });
  it('a token of another issuer, or one that has expired', async () => {
    await isNothing((await world.issue({ issuer: 'https://elsewhere.example' })).value);
    await isNothing((await world.issue({ claims: { exp: good.row.createdAt.getTime() / 1_000 - 1 } })).value);
  });
  it.each<[string, object]>([
    ['a missing end', { exp: undefined }],
    ['an end that is a text', { exp: '9999999999' }],
    ['an end that is no whole number', { exp: 9_999_999_999.5 }],
    ['an end beyond all numbers', { exp: 1e300 }],
    ['a jti that is no id', { jti: 'x' }],
    ['a jti in capitals', { jti: randomUUID().toUpperCase() }],
    ['audiences of another type', { aud: 7 }],
    ['no audience', { aud: [] }],
  ])('a token of our own signature with %s', async (_, claims) => {
    await isNothing(await sloppilySigned({ ...claimsOf(good.row), ...claims }));
  });

  // As if a fault of ours had signed it: with the very key, past the signer.
  async function sloppilySigned(claims: object): Promise<string> {
    const key = await ownKey();
    return signedBy(key, `{"alg":"ES256","typ":"at+jwt","kid":"${kid()}"}`, claims);
  }
});

it('a token of a key that could be ours and is not is nothing', async () => {
  const token = signedBy(stranger, `{"alg":"ES256","typ":"at+jwt","kid":"tokenwarden-stranger"}`);
  expect(await world.resolving.resolveToken(token)).toEqual({ active: false });
});

describe('a token of our own signature is nothing', () => {
  it('without a row', async () => {
    const signer = world.signing.signer();
    const token = await signer.sign({ ...claimsOf(good.row), jti: randomUUID() });
    expect(await world.resolving.resolveToken(token)).toEqual({ active: false });
  });
  it.each<[string, object]>([
    ['a later end', { exp: Math.floor(Date.now() / 1_000) + 86_400 }],
    ['another principal', { sub: IDS.ada }],
    ['another client', { client_id: IDS.etl }],
    ['more scope', { scope: '*:*' }],
    ['other audiences', { aud: ['https://api.example', 'https://lake.example'] }],
    ['an earlier beginning', { iat: 1 }],
  ])('with %s than its row', async (_, claims) => {
    const { value } = await world.issue({ claims });
    expect(await world.resolving.resolveToken(value)).toEqual({ active: false });
  });
});

it('the twin of a signature resolves as the same token or not at all, and ends with it', async () => {
  const { id, value } = await world.issue();
  const twin = twinOf(value);
  expect(twin).not.toBe(value);
  const before = await world.resolving.resolveToken(twin);
  expect(before.active ? before.token.id : id).toBe(id);
  await world.post('/oauth2/revoke', { token: value });
  expect(await world.resolving.resolveToken(twin)).toEqual({ active: false });
});

// (r, s) and (r, n - s) are both right by ECDSA.
function twinOf(token: string): string {
  const [head, claims, signature] = token.split('.') as [string, string, string];
  const bytes = Buffer.from(signature, 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.from(s.toString(16).padStart(64, '0'), 'hex');
  return `${head}.${claims}.${Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')}`;
}

async function ownKey(): Promise<KeyObject> {
  const [row] = await world.sql<{ kid: string; sealed: Buffer }>(
    'SELECT kid, sealed_private_key AS sealed FROM signing_keys',
  );
  if (row === undefined) throw new Error('There is no key.');
  const der = world.sealing.open(row.sealed, `signing-key:${row.kid}`);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
