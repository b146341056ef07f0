import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { isKid } from './header.rules.js';
import { keyOfJwk, makeKey } from './key-material.js';

const jwkOf = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'jwk' });
const rsaOf = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey.export({ format: 'jwk' });
const EC = jwkOf('P-256');
const RSA = rsaOf(2_048);
const without = (jwk: JsonWebKey, ...names: string[]) =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)));

describe('a made key', () => {
  it.each(['ES256', 'RS256'] as const)(
    'for %s has a kid of our form and public members apart from private ones',
    async (algorithm) => {
      const made = await makeKey(algorithm);
      expect(made.algorithm).toBe(algorithm);
      expect(isKid(made.kid)).toBe(true);
      expect(Object.keys(made.publicJwk).sort()).toEqual(
        algorithm === 'ES256' ? ['crv', 'kty', 'x', 'y'] : ['e', 'kty', 'n'],
      );
      expect(
        createPublicKey({ key: { ...made.publicJwk }, format: 'jwk' }).equals(
          createPublicKey(made.privateKey),
        ),
      ).toBe(true);
    },
  );
});

describe('a private JWK', () => {
  it.each([
    ['EC P-256', EC, 'ES256'],
    ['RSA 2048', RSA, 'RS256'],
  ])('of %s becomes a key', (_, jwk, algorithm) => {
    const { kty, crv, x, y, n, e } = jwk;
    const material = keyOfJwk(jwk);
    expect(material.algorithm).toBe(algorithm);
    expect(material.publicJwk).toEqual(JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })));
  });
  it('keeps a kid of our form', () =>
    expect(keyOfJwk({ ...EC, kid: 'tokenwarden-mine' }).kid).toBe('tokenwarden-mine'));
  it.each([undefined, 'mine', 'tokenwarden-Mine', 7])(
    'with the kid %j gets one of its thumbprint',
    async (kid) => {
      const thumbprint = Buffer.from(await calculateJwkThumbprint(EC as never), 'base64url').toString('hex');
      expect(keyOfJwk({ ...EC, kid }).kid).toBe(`tokenwarden-${thumbprint.slice(0, 20)}`);
    },
  );
  it('may say what it is for', () =>
    expect(keyOfJwk({ ...EC, use: 'sig', alg: 'ES256', key_ops: ['sign', 'verify'] }).algorithm).toBe(
      'ES256',
    ));

  it.each([
    ['no object', 'x', 'as a JWK'],
    ['a list', [EC], 'as a JWK'],
    ['nothing', null, 'as a JWK'],
    ['a set', { keys: [EC] }, 'EC (P-256) or RSA'],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'EC (P-256) or RSA'],
    ['Ed25519', generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), 'EC (P-256) or RSA'],
    ['a public key', without(EC, 'd'), 'no private part'],
    ['P-384', jwkOf('P-384'), 'P-256'],
    ['secp256k1', jwkOf('secp256k1'), 'P-256'],
    ['RSA of 1024 bits', rsaOf(1_024), '2048'],
    ['RSA with a small exponent', rsaOf(2_048, 3), '65537'],
    ['RSA without its primes', without(RSA, 'p', 'q'), 'no complete private key'],
    ['EC without its public part', without(EC, 'x', 'y'), 'no complete private key'],
    [
      'the public part of another EC key',
      { ...EC, x: jwkOf('P-256').x, y: jwkOf('P-256').y },
      'no complete|not belong together',
    ],
    ['the private part of another EC key', { ...EC, d: jwkOf('P-256').d }, 'no complete|not belong together'],
    ['the modulus of another RSA key', { ...RSA, n: rsaOf(2_048).n }, 'no complete|not belong together'],
    ['numbers for text', { ...EC, x: 1 }, 'no complete private key'],
    ['a key for encryption', { ...EC, use: 'enc' }, '"use" must be "sig"'],
    ['a key that may only verify', { ...EC, key_ops: ['verify'] }, '"key_ops" must name "sign"'],
    ['another algorithm', { ...RSA, alg: 'PS256' }, '"alg" must be "RS256"'],
  ])('that is %s is refused', (_, jwk, expected) => {
    const pattern = new RegExp(expected.replace(/[()]/g, '\\$&'));
    expect(() => keyOfJwk(jwk)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        field: 'key',
        message: expect.stringMatching(pattern),
      }),
    );
  });

  it('is never quoted when it is refused', () => {
    try {
      keyOfJwk({ ...EC, d: `${EC.d ?? ''}!` });
    } catch (error) {
      expect(String(error)).not.toContain(EC.d);
    }
  });
});
