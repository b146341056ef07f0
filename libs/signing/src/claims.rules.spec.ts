import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { claimsOf } from './claims.rules.js';

const claims = {
  iss: 'https://tokens.example',
  sub: '0b8e1c52-5f0e-4c7e-9d3a-6b1f2a3c4d5e',
  aud: 'https://tokens.example',
  exp: 1_800_000_000,
  iat: 1_700_000_000,
  jti: '1b8e1c52-5f0e-4c7e-9d3a-6b1f2a3c4d5e',
  client_id: '1b8e1c52-5f0e-4c7e-9d3a-6b1f2a3c4d5e',
};

describe('the claims of a token', () => {
  it('come out as they went in', () => {
    expect(claimsOf(claims)).toEqual(claims);
    expect(claimsOf({ ...claims, aud: ['a', 'b'], scope: 'dataset:read' })).toEqual({
      ...claims,
      aud: ['a', 'b'],
      scope: 'dataset:read',
    });
  });
  it('leave out what a later version added', () =>
    expect(claimsOf({ ...claims, status: {} })).toEqual(claims));

  it.each(Object.keys(claims))('are none without %s', (name) =>
    expect(claimsOf({ ...claims, [name]: undefined })).toBeUndefined(),
  );

  it.each([
    ['iss', ''],
    ['iss', 1],
    ['sub', 'ada'],
    ['sub', claims.sub.toUpperCase()],
    ['aud', []],
    ['aud', ''],
    ['aud', ['a', 1]],
    ['aud', ['a', '']],
    ['aud', {}],
    ['aud', null],
    ['exp', '1800000000'],
    ['exp', 1_800_000_000.5],
    ['exp', -1],
    ['exp', 1e300],
    ['exp', null],
    ['iat', true],
    ['iat', [1]],
    ['jti', 'x'],
    ['jti', null],
    ['client_id', ['x']],
    ['scope', ['dataset:read']],
    ['scope', null],
  ])('are none where %s is %j', (name, value) =>
    expect(claimsOf({ ...claims, [name]: value })).toBeUndefined(),
  );

  it('are none of anything else', () =>
    fc.assert(fc.property(fc.jsonValue(), (value) => expect(claimsOf(value)).toBeUndefined())));
  it.each([null, undefined, [], 'x', 1, [claims]])('are none of %j', (value) =>
    expect(claimsOf(value)).toBeUndefined(),
  );
});
