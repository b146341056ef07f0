import { describe, expect, it } from '@jest/globals';
import { detailsWithoutSecrets, holdsSecret, pathOfSecret, refuseSecret, WITHHELD } from './secrecy.rules.js';

const JWT = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(86)}`;
const SESSION = `tws_${'A'.repeat(43)}`;
// Put together here, so that no scanner takes this file for a leak.
const PRIVATE_KEY = ['-----BEGIN', 'EC', 'PRIVATE', 'KEY-----'].join(' ');

describe('a text', () => {
  it.each([JWT, `it leaked: ${JWT}, sorry`, SESSION, PRIVATE_KEY, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])(
    'that holds a credential is a secret: %s',
    (text) => expect(holdsSecret(text)).toBe(true),
  );
  it.each([
    'left the company',
    'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIs',
    'tws_',
    'dataset/*:read',
    'tokenwarden-2026.11.24',
  ])('that holds none is kept: %s', (text) => expect(holdsSecret(text)).toBe(false));
});

describe('a text that is refused before anything is done for it', () => {
  it('holds a secret; its own path is named', () => {
    const refusing = () => refuseSecret(`it is ${JWT}`, 'changes.profiles.0.description');
    expect(refusing).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'changes.profiles.0.description' }),
    );
    expect(() => refuseSecret('left the company', 'reason')).not.toThrow();
  });
  it('is not repeated by what refuses it', () =>
    expect(() => refuseSecret(SESSION, 'reason')).toThrow(
      /^This holds a token or another secret; leave it out\.$/,
    ));
});

describe('the details of an event', () => {
  it('name the member that holds a secret', () => {
    expect(pathOfSecret({ count: 3, changes: [{ after: JWT }] })).toBe('changes.0.after');
    expect(pathOfSecret({ reason: SESSION })).toBe('reason');
    expect(pathOfSecret({ reason: null, grants: ['a:b'] })).toBeUndefined();
  });
  it('lose the secret alone, also where it is a key', () =>
    expect(detailsWithoutSecrets({ a: [1, JWT], b: { [SESSION]: true } })).toEqual({
      a: [1, WITHHELD],
      b: { [WITHHELD]: true },
    }));
});
