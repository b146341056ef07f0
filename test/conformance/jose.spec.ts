import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { signIn, startProduct, type RunningProduct, type SignedIn } from '../harness/index.js';
import { userToken } from './issued-tokens.js';

let product: RunningProduct;
let ada: SignedIn;
let keys: ReturnType<typeof createRemoteJWKSet>;

beforeAll(async () => {
  product = await startProduct();
  ada = await signIn(product.url, 'ada');
  keys = createRemoteJWKSet(new URL(`${product.url}/.well-known/jwks.json`));
}, 90_000);

afterAll(async () => {
  await product?.stop();
});

describe('jose verifies a token by the published keys', () => {
  it('with issuer, audience, type and algorithm pinned', async () => {
    const token = await userToken(product.url, ada, { lifetime: 'PT1H' });
    const { payload, protectedHeader } = await jwtVerify(token.value, keys, {
      issuer: product.url,
      audience: product.url,
      typ: 'at+jwt',
      algorithms: ['ES256'],
    });
    expect(Object.keys(protectedHeader)).toEqual(['alg', 'typ', 'kid']);
    expect(payload).toMatchObject({ sub: ada.user.id, jti: token.id });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  it('and refuses a bit more or less of it', async () => {
    const { value } = await userToken(product.url, ada);
    await expect(jwtVerify(value.slice(0, -1), keys)).rejects.toThrow();
    await expect(jwtVerify(`${value}A`, keys)).rejects.toThrow();
  });

  it('and finds nothing private among them', async () => {
    const answer = await fetch(`${product.url}/.well-known/jwks.json`);
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json');
    const { keys: published } = (await answer.json()) as { keys: Record<string, string>[] };
    const members = published.map((key) => Object.keys(key).sort());
    expect(members).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']]);
  });
});
