import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { headerSegment } from './header.rules.js';
import { verifyToken, type VerifyingKey } from './verify-token.js';

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const RSA = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const FOREIGN = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const EC_KID = 'tokenwarden-ec';
const RSA_KID = 'tokenwarden-rsa';

const keys: ReadonlyMap<string, VerifyingKey> = new Map([
  [
    headerSegment('ES256', EC_KID),
    { kid: EC_KID, algorithm: 'ES256', publicKey: EC.publicKey, signatureBytes: 64 },
  ],
  [
    headerSegment('RS256', RSA_KID),
    { kid: RSA_KID, algorithm: 'RS256', publicKey: RSA.publicKey, signatureBytes: 256 },
  ],
]);

const id = '0b8e1c52-5f0e-4c7e-9d3a-6b1f2a3c4d5e';
const claims = {
  iss: 'https://t.example',
  sub: id,
  aud: 'a',
  exp: 2,
  iat: 1,
  jti: id,
  client_id: id,
  scope: 'a:b',
};
const encoded = (value: string | Buffer) => Buffer.from(value).toString('base64url');

function signed(header: string, payload: string, key: KeyObject = EC.privateKey): string {
  const input = `${header}.${payload}`;
  const isEc = key.asymmetricKeyType === 'ec';
  return `${input}.${encoded(sign('sha256', Buffer.from(input), isEc ? { key, dsaEncoding: 'ieee-p1363' } : key))}`;
}
const payload = encoded(JSON.stringify(claims));
const good = signed(headerSegment('ES256', EC_KID), payload);
const [goodHeader = '', , goodSignature = ''] = good.split('.');
const header = (members: object) => encoded(JSON.stringify(members));
const ours = { alg: 'ES256', typ: 'at+jwt', kid: EC_KID };

describe('a token of one of our keys', () => {
  it('says its claims and its key', () => expect(verifyToken(good, keys)).toEqual({ claims, kid: EC_KID }));
  it('may be of an RSA key', () =>
    expect(verifyToken(signed(headerSegment('RS256', RSA_KID), payload, RSA.privateKey), keys)).toEqual({
      claims,
      kid: RSA_KID,
    }));
  it('may be past its end: that is not looked at here', () =>
    expect(claims.exp).toBeLessThan(Date.now() / 1_000));
});

describe('the high-S twin of a signature', () => {
  const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytes = Buffer.from(goodSignature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([
    bytes.subarray(0, 32),
    Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex'),
  ]);
  it('is the same token: the same claims, hence the same row and the same end', () => {
    const other = `${goodHeader}.${payload}.${encoded(twin)}`;
    expect(other).not.toBe(good);
    expect(verifyToken(other, keys)).toEqual(verifyToken(good, keys));
  });
});

describe('a hostile token', () => {
  const pem = EC.publicKey.export({ format: 'pem', type: 'spki' });
  const hmac = (input: string, secret: string | Buffer) =>
    encoded(createHmac('sha256', secret).update(input).digest());
  const hs = `${header({ ...ours, alg: 'HS256' })}.${payload}`;
  const der = sign('sha256', Buffer.from(`${goodHeader}.${payload}`), EC.privateKey);
  const jwk = FOREIGN.publicKey.export({ format: 'jwk' });

  it.each([
    ['alg none', `${header({ ...ours, alg: 'none' })}.${payload}.`],
    ['alg none and our signature', `${header({ ...ours, alg: 'none' })}.${payload}.${goodSignature}`],
    ['alg None', `${header({ ...ours, alg: 'None' })}.${payload}.`],
    ['our header without a signature', `${goodHeader}.${payload}.`],
    ['HS256 under our public key', `${hs}.${hmac(hs, pem as string)}`],
    ['our header and an HMAC', `${goodHeader}.${payload}.${hmac(`${goodHeader}.${payload}`, pem as string)}`],
    ['the algorithm of another key', signed(header({ ...ours, alg: 'RS256' }), payload, RSA.privateKey)],
    ['the kid of another key', signed(headerSegment('ES256', RSA_KID), payload)],
    ['a foreign key under our kid', signed(goodHeader, payload, FOREIGN.privateKey)],
    ['an RSA signature under an EC kid', signed(goodHeader, payload, RSA.privateKey)],
    ['an unknown kid', signed(header({ ...ours, kid: 'tokenwarden-other' }), payload, FOREIGN.privateKey)],
    ['a path as kid', signed(header({ ...ours, kid: '../../etc/passwd' }), payload)],
    ['a prototype as kid', signed(header({ ...ours, kid: '__proto__' }), payload)],
    ['jku', signed(header({ ...ours, jku: 'http://127.0.0.1:1/jwks' }), payload)],
    ['x5u', signed(header({ ...ours, x5u: 'http://127.0.0.1:1/x' }), payload)],
    ['its own jwk', signed(header({ ...ours, jwk }), payload, FOREIGN.privateKey)],
    ['crit', signed(header({ ...ours, crit: ['exp'] }), payload)],
    ['b64 false', signed(header({ ...ours, b64: false, crit: ['b64'] }), payload)],
    ['typ JWT', signed(header({ ...ours, typ: 'JWT' }), payload)],
    ['no typ', signed(header({ alg: 'ES256', kid: EC_KID }), payload)],
    ['another order of its header', signed(header({ typ: 'at+jwt', alg: 'ES256', kid: EC_KID }), payload)],
    ['a space in its header', signed(encoded(JSON.stringify(ours).replace(',', ', ')), payload)],
    [
      'a duplicate member in its header',
      signed(encoded(JSON.stringify(ours).replace('{', '{"alg":"none",')), payload),
    ],
    ['a padded payload', signed(goodHeader, `${payload}=`)],
    [
      'standard base64',
      signed(
        goodHeader,
        encoded(JSON.stringify({ ...claims, scope: '???>>>' }))
          .replace(/-/g, '+')
          .replace(/_/g, '/'),
      ),
    ],
    ['a space in its payload', signed(goodHeader, ` ${payload}`)],
    ['a line break at its end', `${good}\n`],
    ['a padded signature', `${good}==`],
    ['a signature in DER', `${goodHeader}.${payload}.${encoded(der)}`],
    ['a signature of zeros', `${goodHeader}.${payload}.${encoded(Buffer.alloc(64))}`],
    [
      'a signature too short',
      `${goodHeader}.${payload}.${encoded(Buffer.from(goodSignature, 'base64url').subarray(1))}`,
    ],
    [
      'a signature too long',
      `${goodHeader}.${payload}.${encoded(Buffer.concat([Buffer.from(goodSignature, 'base64url'), Buffer.of(0)]))}`,
    ],
    ['a fourth part', `${good}.`],
    ['two parts', `${goodHeader}.${payload}`],
    ['one part', goodHeader],
    ['an empty payload', signed(goodHeader, '')],
    ['a payload that is no JSON', signed(goodHeader, encoded('{"iss":'))],
    ['a payload that is no UTF-8', signed(goodHeader, encoded(Buffer.from([0x22, 0xff, 0x22])))],
    ['a payload with a byte order mark', signed(goodHeader, encoded(`\ufeff${JSON.stringify(claims)}`))],
    ['a payload that is an array', signed(goodHeader, encoded(JSON.stringify([claims])))],
    ['no exp', signed(goodHeader, encoded(JSON.stringify({ ...claims, exp: undefined })))],
    ['exp as text', signed(goodHeader, encoded(JSON.stringify({ ...claims, exp: '2' })))],
    ['a fractional exp', signed(goodHeader, encoded(JSON.stringify({ ...claims, exp: 2.5 })))],
    [
      'another payload',
      `${goodHeader}.${encoded(JSON.stringify({ ...claims, scope: '*:*' }))}.${goodSignature}`,
    ],
    [
      'a JSON form of JWS',
      JSON.stringify({ payload, signatures: [{ protected: goodHeader, signature: goodSignature }] }),
    ],
    ['nothing', ''],
    ['dots', '..'],
    ['NUL', '\0'],
    ['a lone surrogate', `${goodHeader}.${payload}\ud800.${goodSignature}`],
    ['letters that only look the same', good.replace('e', '\u0435')],
    ['more than 6 KiB', signed(goodHeader, encoded(JSON.stringify({ ...claims, scope: 'x'.repeat(5_000) })))],
  ])('with %s is none', (_, token) => expect(verifyToken(token, keys)).toBeUndefined());

  it('with another last character that decodes alike is none', () => {
    // 64 bytes leave 4 unused bits in the last of 86 characters.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(good.at(-1) ?? '');
    const alike = good.slice(0, -1) + alphabet.charAt(last ^ 1);
    expect(Buffer.from(alike.split('.')[2] ?? '', 'base64url')).toEqual(
      Buffer.from(goodSignature, 'base64url'),
    );
    expect(verifyToken(alike, keys)).toBeUndefined();
  });

  it('of another type than text is none', () => {
    for (const value of [undefined, null, 1, {}, [good], Buffer.from(good)]) {
      expect(verifyToken(value as string, keys)).toBeUndefined();
    }
  });

  it('with any one character changed, left out or added is none', () =>
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom('', 'A', '.', '=', '\0', 'xx'), (at, instead) => {
        const changed = good.slice(0, at) + instead + good.slice(at + 1);
        expect(changed === good ? undefined : verifyToken(changed, keys)).toBeUndefined();
      }),
      { numRuns: 500 },
    ));

  it('of whatever text never throws', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(verifyToken(text, keys)).toBeUndefined();
        expect(verifyToken(`${goodHeader}.${text}`, keys)).toBeUndefined();
      }),
    ));
});

describe('the size', () => {
  it('of exactly 6 KiB is read', () => {
    const room = 6_144 - good.length + Math.ceil((claims.scope.length * 4) / 3);
    const sizes = [...Array(12).keys()].map((less) => {
      const scope = 'x'.repeat(Math.floor((room * 3) / 4) - less);
      return signed(goodHeader, encoded(JSON.stringify({ ...claims, scope })));
    });
    const largest = sizes.filter((token) => token.length <= 6_144);
    expect(Math.max(...largest.map((token) => token.length))).toBeGreaterThan(6_140);
    for (const token of largest) expect(verifyToken(token, keys)).toBeDefined();
  });
});
