import { describe, expect, it } from '@jest/globals';
import { oneField, requireNoTokenInQuery, tokenField } from './form-fields.rules.js';

const form = (text: string) => new URLSearchParams(text);
const invalid = expect.objectContaining({ code: 'INVALID_INPUT', field: 'token' });

describe('a field of a form', () => {
  it('is what was sent, untrimmed', () => expect(oneField(form('scope=%20a%3Ab'), 'scope')).toBe(' a:b'));
  it('counts as left out without a value', () => expect(oneField(form('scope='), 'scope')).toBeUndefined());
  it('is refused when it is there twice', () =>
    expect(() => oneField(form('scope=a&scope=a'), 'scope')).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'scope' }),
    ));
});

describe('the token of a form', () => {
  it.each(['', 'token=', 'token=a&token=b', 'Token=a'])('is refused in %j', (text) =>
    expect(() => tokenField(form(text))).toThrow(invalid),
  );
  it('is given as it was sent', () => expect(tokenField(form('token=a.b.c&x=y'))).toBe('a.b.c'));
});

describe('a query string', () => {
  it.each(['/oauth2/introspect?token=x', '/oauth2/introspect?a=b&token=', '/oauth2/introspect?%74oken=x'])(
    'with a token is refused: %s',
    (url) => expect(() => requireNoTokenInQuery(url)).toThrow(invalid),
  );
  it('without one passes', () => expect(() => requireNoTokenInQuery('/oauth2/introspect?a=b')).not.toThrow());
});
