import { describe, expect, it } from '@jest/globals';
import { endedCookie, isCookieSecure, sessionCookie } from './session-cookie.js';

describe('the session cookie', () => {
  it('is out of reach of scripts and other sites', () =>
    expect(sessionCookie('tws_x', 43_200, true)).toBe(
      'tokenwarden_session=tws_x; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict',
    ));
  it('goes without Secure only where it is told so', () =>
    expect(sessionCookie('tws_x', 43_200, false)).not.toContain('Secure'));
  it('ends with an empty value and no time left', () =>
    expect(endedCookie(true)).toBe(
      'tokenwarden_session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict',
    ));
  it.each([
    ['http://127.0.0.1:3000', false],
    ['http://localhost:3000', false],
    ['http://[::1]:3000', false],
    ['https://127.0.0.1:3000', true],
    ['https://tokens.example', true],
    ['http://tokens.example', true],
    ['http://127.0.0.1.example', true],
  ])('under %s is secure: %s', (publicUrl, secure) => expect(isCookieSecure(publicUrl)).toBe(secure));
});
