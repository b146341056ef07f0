import { describe, expect, it } from '@jest/globals';
import { couldBeOurs, headerSegment, isKid, tokenBeginning } from './header.rules.js';

const encoded = (header: string) => Buffer.from(header).toString('base64url');

describe('the header of a token', () => {
  it('is alg, typ and kid in this order, without spaces', () =>
    expect(Buffer.from(headerSegment('ES256', 'tokenwarden-a1'), 'base64url').toString()).toBe(
      '{"alg":"ES256","typ":"at+jwt","kid":"tokenwarden-a1"}',
    ));
  it('begins for ES256 as secret scanners are told', () =>
    expect(tokenBeginning('ES256')).toBe(
      'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InRva2Vud2FyZGVuL',
    ));
  it('begins for RS256 as secret scanners are told', () =>
    expect(tokenBeginning('RS256')).toBe(
      'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InRva2Vud2FyZGVuL',
    ));
  it.each(['a', '0', '-', 'zz-9'])('begins so with any kid (%s)', (rest) =>
    expect(headerSegment('ES256', `tokenwarden-${rest}`).startsWith(tokenBeginning('ES256'))).toBe(true),
  );
});

describe('a kid', () => {
  it.each(['tokenwarden-a', 'tokenwarden-2026-03', `tokenwarden-${'x'.repeat(68)}`])('%s is ours', (kid) =>
    expect(isKid(kid)).toBe(true),
  );
  it.each([
    '',
    'tokenwarden-',
    'tokenwarden-A',
    'tokenwarden-a_b',
    'tokenwarden-a"',
    'xtokenwarden-a',
    'tokenwarden-a\n',
    `tokenwarden-${'x'.repeat(69)}`,
  ])('%j is not', (kid) => expect(isKid(kid)).toBe(false));
});

describe('a header of an unknown key', () => {
  it('could be ours where only the rest of its kid is another', () => {
    expect(couldBeOurs(headerSegment('ES256', 'tokenwarden-other'))).toBe(true);
    expect(couldBeOurs(headerSegment('RS256', 'tokenwarden-other'))).toBe(true);
  });
  it.each([
    ['another order', '{"typ":"at+jwt","alg":"ES256","kid":"tokenwarden-a"}'],
    ['a space', '{"alg":"ES256","typ":"at+jwt","kid":"tokenwarden-a" }'],
    ['one member more', '{"alg":"ES256","typ":"at+jwt","kid":"tokenwarden-a","jku":"https://x"}'],
    ['no kid', '{"alg":"ES256","typ":"at+jwt"}'],
    ['a foreign kid', '{"alg":"ES256","typ":"at+jwt","kid":"other-a"}'],
    ['a path as kid', '{"alg":"ES256","typ":"at+jwt","kid":"tokenwarden-../../etc/passwd"}'],
    ['another typ', '{"alg":"ES256","typ":"JWT","kid":"tokenwarden-a"}'],
    ['alg none', '{"alg":"none","typ":"at+jwt","kid":"tokenwarden-a"}'],
    ['a long kid', `{"alg":"ES256","typ":"at+jwt","kid":"tokenwarden-${'a'.repeat(69)}"}`],
    ['a huge one', `{"alg":"ES256","typ":"at+jwt","kid":"tokenwarden-${'a'.repeat(9_000)}"}`],
  ])('with %s is none of ours', (_, header) => expect(couldBeOurs(encoded(header))).toBe(false));
  it('that is not canonical base64url is none of ours', () => {
    const header = headerSegment('ES256', 'tokenwarden-abc');
    expect(couldBeOurs(`${header}=`)).toBe(false);
    expect(couldBeOurs(` ${header}`)).toBe(false);
  });
});
