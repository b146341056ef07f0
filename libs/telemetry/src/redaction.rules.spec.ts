import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { REDACTED, redacted } from './redaction.rules.js';

const JWT = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ';
const SESSION = `tws_${randomBytes(32).toString('base64url')}`;

// Put together here, so that no scanner takes this file for a leak.
const armour = (edge: string, words: string) => `-----${edge} ${words}-----`;

describe('what is redacted', () => {
  it.each([
    ['a token', `bad token ${JWT}!`, `bad token ${REDACTED}!`],
    ['the beginning of a token', `got ${JWT.slice(0, 30)}`, `got ${REDACTED}`],
    ['a session', `session ${SESSION} ended`, `session ${REDACTED} ended`],
    ['Bearer', 'sent Bearer abc.def-_~+/=', `sent Bearer ${REDACTED}`],
    ['Basic', 'sent basic YWRhOmFkYQ==', `sent basic ${REDACTED}`],
    ['a header line', 'Authorization: Digest x="1", y', `Authorization: ${REDACTED}`],
    ['a cookie', 'cookie: tokenwarden_session=x; a=b', `cookie: ${REDACTED}`],
    ['credentials of a URL', 'at postgres://tw:hunter2@db:5432/x', `at postgres://${REDACTED}@db:5432/x`],
    ['a password', 'password=hunter2&x=1', `password=${REDACTED}&x=1`],
    ['a password in JSON', '{"password": "hunter2"}', `{"password": "${REDACTED}"}`],
    ['a form', 'token=abc&token_type_hint=x', `token=${REDACTED}&token_type_hint=x`],
    [
      'a private key',
      `${armour('BEGIN', 'PRIVATE KEY')}\nMIG\n${armour('END', 'PRIVATE KEY')} rest`,
      `${REDACTED} rest`,
    ],
    ['a private key cut short', `${armour('BEGIN', 'EC PRIVATE KEY')}\nMIG`, REDACTED],
  ])('%s', (_, text, expected) => expect(redacted(text)).toBe(expected));

  it('is also found where others stand around it', () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom(JWT, SESSION), (before, after, secret) => {
        const text = redacted(`${before} ${secret} ${after}`);
        expect(text).not.toContain(secret.slice(0, 20));
      }),
    ));

  it('is nothing of an ordinary sentence', () => {
    const sentence =
      'The signing key tokenwarden-2f3a is active; 3 tokens end at 2026-03-01T00:00:00Z (basically).';
    expect(redacted(sentence)).toBe(sentence);
  });
});

describe('a long text', () => {
  it('is cut at 2,000 characters', () => expect(redacted('x'.repeat(3_000))).toBe(`${'x'.repeat(2_000)}…`));
});
